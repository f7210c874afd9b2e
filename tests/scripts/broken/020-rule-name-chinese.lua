-- 规则名用了中文
return watch "扬尘" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
}
-- expect: 2:8 R022
