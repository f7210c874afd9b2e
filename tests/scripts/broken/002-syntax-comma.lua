-- 少了逗号
return warning "w" {
  area = p.city
  levels = {},
}
-- expect: 4:13 L001
