-- 政策里的数字加了引号
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.quoted },
}
-- expect: 25:11 R003 | rule.lua:4
