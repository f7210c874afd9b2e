return ("a"):rep(400):find(".-.-.-b")
