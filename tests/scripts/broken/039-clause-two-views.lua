-- 条款看了两处
return watch "w" { per = stations {}, when = { observed = "pm25", forecast = "pm25", above = 100 } }
-- expect: 2:39 R008
