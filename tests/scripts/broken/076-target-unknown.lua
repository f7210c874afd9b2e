-- 单位不认识，角色没有人
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
  steps = { { to = "enforcment" }, { to = "enforcement" }, { to = grid "hamlet" } },
}
-- expect: 5:15 R013 | enforcement
-- expect: 5:38 R026
-- expect: 5:62 R022
