-- 时长没有单位
return watch "w" { per = stations {}, when = { observed = "pm25", above = 100, lasting = 48 } }
-- expect: 2:80 R004
