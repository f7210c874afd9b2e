-- 给 p 赋值
p.medium = 100
return watch "w" { per = stations {}, when = { observed = "pm25", above = p.medium } }
-- expect: 2:1 L011
