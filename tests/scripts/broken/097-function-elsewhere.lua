-- 函数写在别处
return watch "w" {
  per = stations {},
  when = { observed = "pm25", above = function() return 100 end },
}
-- expect: 4:31 R003
