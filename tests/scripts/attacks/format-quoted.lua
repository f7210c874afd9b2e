return string.format("%q", "x")
