-- 事件自己就是触发条件
return watch "w" {
  per = event { kind = "straw_fire" },
  when = { observed = "pm25", above = 100 },
  steps = { { lasting = "1h", to = "district" } },
}
-- expect: 4:3 R001
-- expect: 5:13 R001
