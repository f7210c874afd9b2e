-- 缺 per 和 when
return watch "w" { title = "巡查" }
-- expect: 2:8 R002
-- expect: 2:8 R002
