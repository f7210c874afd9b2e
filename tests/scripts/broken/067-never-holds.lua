-- 永远不可能成立
return warning "w" {
  area = p.city,
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 500 } } },
  lift_when = all { { observed = "aqi_24h", at_most = 100 },
                    { observed = "aqi_24h", above = 120 } },
}
-- expect: 4:0 R020
-- expect: 5:0 R020
