-- 一个条款两个判断
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100, below = 200 },
}
-- expect: 4:3 R007
