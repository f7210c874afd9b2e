-- 空的 any
return watch "w" { per = stations {}, when = any {} }
-- expect: 2:39 R023
