-- 措施目录里没有；限产没有百分比；停产写了百分比
return {
  rota "r" { during = season "05-01 .. 09-30", measure = "stopp", who = enterprises {} },
  rota "s" { during = season "05-01 .. 09-30", measure = "limit", who = enterprises {} },
  rota "t" { during = season "05-01 .. 09-30", measure = "stop", percent = 30, who = enterprises {} },
  rota "u" { during = season "05-01 .. 09-30", measure = "limit", percent = 130, who = enterprises {} },
}
-- expect: 3:48 R013 | stop
-- expect: 4:3 R002
-- expect: 5:66 R001
-- expect: 6:67 R006
