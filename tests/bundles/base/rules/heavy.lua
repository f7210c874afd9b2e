return warning "heavy-pollution" {
  title = "重污染天气预警", area = p.city,
  levels = { { "yellow", issue_when = any { { timeline = "aqi_day", above = p.heavy, lasting = "24h" } } } },
  lift_when = all { { observed = "aqi_hour", at_most = 150 } },
}
