-- 条款没有写看哪里
return watch "w" { per = stations {}, when = { series = "pm25", above = 100 } }
-- expect: 2:39 R008
-- expect: 2:48 R001
