-- 序列名写错
return watch "w" {
  per = stations {},
  when = { observed = "pm2.5", above = 100 },
}
-- expect: 4:12 R009 | pm25
