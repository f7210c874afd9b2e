-- 批准方式、降级方式不认识
return warning "w" {
  area = p.city, downgrade = "keep",
  levels = { { "yellow", approve = "three", issue_when = { timeline = "aqi_day", above = 200 } } },
  lift_when = { observed = "aqi_24h", at_most = 150 },
}
-- expect: 3:18 R022
-- expect: 4:26 R022
