local t = {} for i = 1, 1e7 do t[i] = string.format("%99.99f", 1e300) end
