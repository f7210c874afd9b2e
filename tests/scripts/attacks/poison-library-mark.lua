mark("any", {})
