-- 区划代码写成了数字
return rota "r" {
  during = season "05-01 .. 09-30", measure = "stop", who = enterprises { district = 210102 },
}
-- expect: 3:75 R003
