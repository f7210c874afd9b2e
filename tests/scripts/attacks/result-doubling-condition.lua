local t = { observed = "pm25", above = 1 } for i = 1, 40 do t = any { t, t } end return watch "w" { per = stations {}, when = t }
