return string.rep("", 1e9, "yyyy")
