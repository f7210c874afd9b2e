local t = {} for i = 1, 5000 do t[i] = watch("w" .. i) { per = stations {}, when = { observed = "pm25", above = 1 } } end return t
