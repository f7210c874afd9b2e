-- 后一步比前一步更早到期
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
  steps = { { lasting = "4h", to = "district" }, { lasting = "2h", to = "duty-1" } },
}
-- expect: 5:50 R012
