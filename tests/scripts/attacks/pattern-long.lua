return ("a"):match(("a"):rep(5000))
