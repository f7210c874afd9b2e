-- 区划代码不对，或写成了数字
return {
  warning "w" {
    area = "210101",
    levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 200 } } },
    lift_when = { observed = "aqi_24h", at_most = 150 },
  },
  warning "v" {
    area = 210100,
    levels = { { "yellow", issue_when = { timeline = "aqi_day", above = 200 } } },
    lift_when = { observed = "aqi_24h", at_most = 150 },
  },
}
-- expect: 4:5 R011 | 210100
-- expect: 9:5 R011
