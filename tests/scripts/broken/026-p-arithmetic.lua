-- 拿 p 计算
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.medium * 2 },
}
-- expect: 4:39 L011
