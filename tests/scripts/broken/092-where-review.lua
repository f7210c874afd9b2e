-- where 函数每次都列出来，请人工审阅
return watch "w" {
  per = stations {},
  when = { observed = "pm25", where = function(v) return v.value > 100 and v.hour < 8 end },
}
-- expect: 4:31 L015
