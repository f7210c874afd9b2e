-- 规则没有内容
return warning "w"
-- expect: 2:0 L016
