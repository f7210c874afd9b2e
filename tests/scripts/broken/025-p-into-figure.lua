-- 数值下面没有名字
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.medium.heavy },
}
-- expect: 4:39 L012
