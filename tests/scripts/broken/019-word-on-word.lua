-- all 直接套在 any 上
return watch "w" {
  per = stations {},
  when = all(any { { observed = "pm25", above = 100 } }),
}
-- expect: 4:3 L016
