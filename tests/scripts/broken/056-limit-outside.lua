-- limit 只用于排口和生产线
return watch "w" { per = stations {}, when = { observed = "pm25", above = limit "nox" } }
-- expect: 2:67 R003
