-- 给全局变量赋值
limit_value = 150
return warning "w" {
  area = p.city,
  levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 200 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 2:1 L006
