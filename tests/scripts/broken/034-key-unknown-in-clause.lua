-- 条款里不认识的词：指到那个词
return watch "w" {
  per = stations {},
  when = all {
    { observed = "pm25",
      above = 100, lastting = "3h" },
  },
}
-- expect: 6:20 R001 | lasting
