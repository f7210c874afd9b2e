local f f = function(v) return f(v) end return watch "w" { per = stations {}, when = { observed = "pm25", where = function(v) n = n + 1 return f(v) end } }
