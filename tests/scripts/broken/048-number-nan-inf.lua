-- 不是有限数
return watch "w" {
  per = stations {},
  when = any { { observed = "pm25", above = 0/0 },
               { observed = "pm25", above = math.huge },
               { observed = "pm25", above = 1e300 } },
}
-- expect: 4:37 R006
-- expect: 5:37 R006
-- expect: 6:37 R006
