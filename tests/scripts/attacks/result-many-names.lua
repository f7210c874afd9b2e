local t = {} for i = 1, 1e5 do t["k" .. i] = i end return watch "w" (t)
