-- p 里没有的数值：提示最接近的
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = p.meduim },
}
-- expect: 4:41 L012 | p.medium
