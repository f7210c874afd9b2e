-- where 不是函数
return watch "w" { per = stations {}, when = { observed = "pm25", where = "v > 100" } }
-- expect: 2:67 R003
