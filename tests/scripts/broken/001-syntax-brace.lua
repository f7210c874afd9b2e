-- 大括号没有关
return warning "w" {
  area = p.city,
-- expect: 5:1 L001
