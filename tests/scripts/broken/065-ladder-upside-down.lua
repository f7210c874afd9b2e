-- 黄色成立时橙色也成立：黄色永远不会出现
return warning "w" {
  area = p.city,
  levels = {
    { "yellow", issue_when = any { { timeline = "aqi_day", above = 200, lasting = "48h" },
                                   { timeline = "aqi_day", above = 250, lasting = "48h" } } },
    { "orange", issue_when = { timeline = "aqi_day", above = 150, lasting = "48h" } },
  },
  lift_when = { observed = "aqi_24h", at_most = 100 },
}
-- expect: 7:0 R018
