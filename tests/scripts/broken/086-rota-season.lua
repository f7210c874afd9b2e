-- 季节写错
return {
  rota "r" { during = season "5月1日 .. 9月30日", measure = "stop", who = enterprises {} },
  rota "s" { during = season "02-30 .. 09-30", measure = "stop", who = enterprises {} },
  rota "t" { during = "05-01 .. 09-30", measure = "stop", who = enterprises {} },
  rota "u" { during = season(), measure = "stop", who = enterprises {} },
}
-- expect: 3:14 R003
-- expect: 4:14 R003
-- expect: 5:14 R003
-- expect: 6:14 R002
