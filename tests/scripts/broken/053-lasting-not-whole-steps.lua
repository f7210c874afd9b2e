-- 时长不是步长的整数倍：按向上取整，给出提示
return watch "w" {
  per = stations {},
  when = any { { observed = "pm25", above = 100, lasting = "90m" },
               { forecast = "aqi_day", above = 100, lasting = "36h" } },
}
-- expect: 4:50 R016
-- expect: 5:53 R016
