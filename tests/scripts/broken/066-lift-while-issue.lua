-- 解除的界限高于启动的界限
return warning "w" {
  area = p.city,
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 150 } } },
  lift_when = all { { observed = "aqi_24h", at_most = 150 },
                    { forecast = "aqi_day", at_most = 200, lasting = "48h" } },
}
-- expect: 6:0 R019
