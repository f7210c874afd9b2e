-- 两条规则同名
return {
  watch "w" { per = stations {}, when = { observed = "pm25", above = 100 } },
  watch "w" { per = stations {}, when = { observed = "pm25", above = 200 } },
}
-- expect: 4:3 R015
