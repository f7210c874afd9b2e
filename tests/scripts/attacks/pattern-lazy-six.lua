return ("a"):rep(100):find(".-.-.-.-.-.-b")
