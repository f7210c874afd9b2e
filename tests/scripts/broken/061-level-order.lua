-- 级别顺序颠倒、重复
return warning "w" {
  area = p.city,
  levels = {
    { "orange", issue_when = { timeline = "aqi_day", above = 250 } },
    { "yellow", issue_when = { timeline = "aqi_day", above = 200 } },
    { "orange", issue_when = { timeline = "aqi_day", above = 300 } },
  },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 6:5 R012
-- expect: 7:5 R012
