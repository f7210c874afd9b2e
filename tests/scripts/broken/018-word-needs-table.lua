-- any 后面不是表
return watch "w" {
  per = stations {},
  when = any "pm25",
}
-- expect: 4:3 L016
