-- 界限写成了 true
return watch "w" { per = stations {}, when = { observed = "pm25", above = true } }
-- expect: 2:67 R003
