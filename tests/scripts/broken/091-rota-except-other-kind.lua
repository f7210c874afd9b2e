-- except 与 who 不是一种对象
return rota "r" {
  during = season "05-01 .. 09-30", measure = "stop",
  who = enterprises { grade = "B" }, except = sites { livelihood = true },
}
-- expect: 4:38 R026
-- expect: 4:55 R026
