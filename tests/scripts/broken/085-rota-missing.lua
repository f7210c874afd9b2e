-- 缺少必须的词
return rota "r" { title = "错峰" }
-- expect: 2:8 R002
-- expect: 2:8 R002
-- expect: 2:8 R002
