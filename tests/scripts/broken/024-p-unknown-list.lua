-- p 里没有的数值：列出已有的
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.spans.winter_threshold },
}
-- expect: 4:39 L012
