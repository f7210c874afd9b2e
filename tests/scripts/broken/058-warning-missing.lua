-- 缺少必须的词
return warning "w" { title = "预警" }
-- expect: 2:8 R002
-- expect: 2:8 R002
-- expect: 2:8 R002
