-- 条件写成了文本
return watch "w" { per = stations {}, when = "pm25 > 100" }
-- expect: 2:39 R003
