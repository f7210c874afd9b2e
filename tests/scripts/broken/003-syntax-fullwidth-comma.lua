-- 全角逗号
return warning "w" {
  area = p.city， lead = "60h",
}
-- expect: 3:16 L001
