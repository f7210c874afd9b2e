-- 分期的数值不能作文本
return watch "w" {
  title = p.dated,
  per = stations {},
  when = { observed = "pm25", above = 100 },
}
-- expect: 3:3 R003
