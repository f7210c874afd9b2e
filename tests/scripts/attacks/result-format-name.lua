return watch "%s%n%s" { per = stations {}, when = { observed = "pm25", above = 1 } }
