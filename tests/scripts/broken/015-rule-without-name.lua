-- 规则没有名字
return warning { area = p.city }
-- expect: 2:0 L016
