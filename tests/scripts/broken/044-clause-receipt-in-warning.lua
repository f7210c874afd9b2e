-- 预警里不能看回执
return warning "w" {
  area = p.city,
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 200 } } },
  lift_when = { receipt = "done" },
}
-- expect: 5:17 R008
