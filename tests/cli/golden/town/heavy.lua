-- 示例镇重污染天气预警
return warning "heavy-pollution" {
  title = "重污染天气预警", basis = doc { "plan", article = "4.2" },
  area = p.city,
  levels = {
    { "yellow", issue_when = { timeline = "aqi_day", above = p.heavy, lasting = "24h" } },
    { "orange", issue_when = { timeline = "aqi_day", above = p.heavy, lasting = "48h" } },
    { "red", issue_when = { timeline = "aqi_day", above = p.heavy, lasting = "72h" } },
  },
  lift_when = all { { observed = "aqi_24h", at_most = p.medium },
                    { forecast = "aqi_day", at_most = p.medium, lasting = "48h" } },
}
