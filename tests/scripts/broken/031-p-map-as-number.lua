-- 把一组数值当成一个
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.spans },
}
-- expect: 4:31 R003
