-- 一条规则错了，不影响后面的规则被检查
return {
  watch "a" { per = stations {}, when = { observed = "pm25x", above = 1 } },
  watch "b" { per = stations {}, when = { observed = "pm25", abov = 1 } },
  rota "c" { during = season "13-01 .. 14-01", who = enterprises {}, measure = "stop" },
}
-- expect: 3:43 R009 | pm25
-- expect: 4:34 R008
-- expect: 4:62 R001 | above
-- expect: 5:14 R003
