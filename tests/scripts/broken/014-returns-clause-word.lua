-- 返回的是条件，不是规则
return any { { timeline = "aqi_day", above = 200 } }
-- expect: 2:0 L016
