return watch "w" { per = stations {}, when = any { { observed = "pm25", above = 0/0 }, { observed = "pm25", above = -math.huge }, { observed = "pm25", above = math.mininteger } } }
