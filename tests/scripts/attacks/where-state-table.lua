local t = { n = 0 } return watch "w" { per = stations {}, when = { observed = "pm25", where = function(v) t.n = t.n + 1 return t.n > 2 end } }
