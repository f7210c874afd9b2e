-- 全角引号
return warning “w” { area = p.city }
-- expect: 2:16 L001
