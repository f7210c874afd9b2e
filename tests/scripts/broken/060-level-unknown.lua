-- 级别名写错
return warning "w" {
  area = p.city,
  levels = { { "yelow", issue_when = { timeline = "aqi_day", above = 200 } },
             { "橙色", issue_when = { timeline = "aqi_day", above = 250 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 4:16 R010 | yellow
-- expect: 5:16 R010
