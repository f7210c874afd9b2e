local t = {} for i = 1, 100 do t = { t } end return watch "w" { per = stations {}, when = { observed = "pm25", where = function(v) return t[1] end } }
