-- levels 写成了名字对照
return warning "w" {
  area = p.city,
  levels = { yellow = { issue_when = { timeline = "aqi_day", above = 200 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 4:3 R003
