-- 步骤里的错
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
  steps = {
    { lasting = "2h" },
    { lasting = "2h", after = "1h", to = "district" },
    { after = "2h", unless = "finished", to = "district" },
    { after = 2, to = "district" },
    "district",
  },
}
-- expect: 6:5 R002
-- expect: 7:5 R007
-- expect: 8:21 R022
-- expect: 9:7 R004
-- expect: 10:5 R003
