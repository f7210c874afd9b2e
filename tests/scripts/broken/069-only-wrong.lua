-- only 的污染物不认识，或政策不统计
return {
  warning "w" {
    area = p.city, only = { primary = "pm2.5" },
    levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 150 } } },
    lift_when = { observed = "aqi_24h", at_most = 150 },
  },
  warning "v" {
    area = p.city, only = { primary = { "pm25", "so2" } },
    levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 150 } } },
    lift_when = { observed = "aqi_24h", at_most = 150 },
  },
}
-- expect: 4:29 R022 | pm25
-- expect: 9:29 R022
