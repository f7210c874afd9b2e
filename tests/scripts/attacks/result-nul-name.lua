return watch "w\0x" { per = stations {}, when = { observed = "pm25", above = 1 } }
