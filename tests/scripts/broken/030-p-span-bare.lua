-- 政策里的时长没有单位；分期的逐期检查
return watch "w" {
  per = stations {},
  when = any { { observed = "pm25", above = 100, lasting = p.spans.bare },
               { observed = "pm25", above = 100, lasting = p.spans.dated } },
}
-- expect: 31:11 R004 | rule.lua:4
-- expect: 34:41 R004 | rule.lua:5
