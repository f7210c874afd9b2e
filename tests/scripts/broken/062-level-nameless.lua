-- 级别没有名字
return warning "w" {
  area = p.city,
  levels = { { issue_when = { timeline = "aqi_day", above = 200 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 4:14 R002
