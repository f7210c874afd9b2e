-- when 和 levels 只能写一个
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = 100 },
  levels = { { "a", when = { observed = "pm25", above = 100 } } },
}
-- expect: 5:3 R007
