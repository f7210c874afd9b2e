-- 提前量短于合并间隔
return warning "w" {
  area = p.city, lead = "24h", merge_within = "36h",
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 150 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 2:0 R017
