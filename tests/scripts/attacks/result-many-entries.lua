local t = {} for i = 1, 1e5 do t[i] = i end return watch "w" { per = stations {}, when = { observed = "pm25", above = 1 }, steps = t }
