-- 条款列表没有写 any 或 all
return watch "w" {
  per = stations {},
  when = { { observed = "pm25", above = 100 }, { observed = "o3", above = 100 } },
}
-- expect: 4:3 R008
