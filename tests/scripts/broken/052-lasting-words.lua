-- 时长写成了中文、负数、零、全角
return watch "w" {
  per = stations {},
  when = any { { observed = "pm25", above = 100, lasting = "48小时" },
               { observed = "pm25", above = 100, lasting = "-3h" },
               { observed = "pm25", above = 100, lasting = "0h" },
               { observed = "pm25", above = 100, lasting = "４８h" } },
}
-- expect: 4:50 R004
-- expect: 5:50 R006
-- expect: 6:50 R006
-- expect: 7:50 R005
