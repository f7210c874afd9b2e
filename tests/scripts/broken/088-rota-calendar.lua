-- 日历里没有的季节
return rota "r" { during = calendar "heatng", measure = "stop", who = enterprises {} }
-- expect: 2:19 R013 | heating
