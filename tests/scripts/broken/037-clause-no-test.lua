-- 条款没有判断
return watch "w" { per = stations {}, when = { observed = "pm25", lasting = "3h" } }
-- expect: 2:39 R008
