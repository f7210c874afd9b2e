-- 规则里不认识的词，一次列全
return warning "w" {
  tittle = "预警", area = p.city,
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 200 }, aprove = "one" } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
  merge = "36h",
}
-- expect: 3:3 R001 | title
-- expect: 4:78 R001 | approve
-- expect: 6:3 R001
