-- 发给全部企业的指令：方案在签发之前已经做好。
return warning "heavy" {
  title  = "重污染天气预警", area = "210100",
  levels = { { "orange", issue_when = { timeline = "aqi_day", above = 200, lasting = "48h" } } },
  lift_when = all { { observed = "aqi_24h", at_most = 150 },
                    { forecast = "aqi_day", at_most = 150, lasting = "36h" } },
}
