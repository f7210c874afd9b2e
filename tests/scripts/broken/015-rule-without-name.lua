-- 规则没有名字
return warning { area = p.city }
-- expect: 2:1 L016
