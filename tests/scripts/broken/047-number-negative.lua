-- 负的界限
return watch "w" { per = stations {}, when = { observed = "pm25", above = -5 } }
-- expect: 2:67 R006
