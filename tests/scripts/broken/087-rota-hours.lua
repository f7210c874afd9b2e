-- 时段写错
return rota "r" {
  during = season "05-01 .. 09-30", hours = "9点 .. 18点", days = "weekdays",
  measure = "stop", who = enterprises {},
}
-- expect: 3:37 R003
-- expect: 3:58 R022 | workdays
