-- level 指的预警规则不存在，级别不认识
return {
  rota "r" { during = level { "heavy-polution", at_least = "yellow" }, measure = "stop", who = enterprises {} },
  rota "s" { during = level { "heavy-pollution", at_least = "blue" }, measure = "stop", who = enterprises {} },
  warning "heavy-pollution" {
    area = p.city,
    levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 150 } } },
    lift_when = { observed = "aqi_24h", at_most = 150 },
  },
}
-- expect: 3:31 R014 | heavy-pollution
-- expect: 4:50 R010
