return watch "w" { title = ("x"):rep(60000), per = stations {}, when = { observed = "pm25", above = 1 } }
