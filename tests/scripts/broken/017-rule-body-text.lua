-- 规则内容不是表
return warning "w" "area"
-- expect: 2:1 L016
