-- 奇怪的键
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
  [1.5] = 1, [true] = 2, "多余的一项",
}
-- expect: 2:8 R001
-- expect: 5:26 R001
