return ("a"):rep(60000):find("[" .. ("b"):rep(900) .. "]*.-c")
