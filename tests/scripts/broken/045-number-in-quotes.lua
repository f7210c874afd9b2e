-- 数字加了引号
return watch "w" { per = stations {}, when = { observed = "pm25", above = "100" } }
-- expect: 2:67 R003
