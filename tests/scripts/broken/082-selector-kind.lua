-- per 和 who 用错了对象
return {
  watch "w" { per = "outlets", when = { observed = "nox_zs", above = 100 } },
  rota "r" { during = season "05-01 .. 09-30", measure = "stop", who = stations {} },
  rota "s" { during = season "05-01 .. 09-30", measure = "stop", who = enterprises { "示例化工园" } },
}
-- expect: 3:15 R003
-- expect: 4:66 R003
-- expect: 5:86 R001
