-- on_unknown 写错
return watch "w" {
  per = stations {}, on_unknown = "ignore",
  when = { observed = "pm25", above = 100 },
}
-- expect: 3:22 R022
