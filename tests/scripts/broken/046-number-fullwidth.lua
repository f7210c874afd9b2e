-- 全角数字
return watch "w" { per = stations {}, when = { observed = "pm25", above = "１００" } }
-- expect: 2:67 R005
