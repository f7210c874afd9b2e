-- where 函数里不能用 p
local bound = p.medium
return watch "w" {
  per = stations {},
  when = any {
    { observed = "pm25", where = function(v) return v.value > p.medium end },
    { observed = "pm25", where = function(v) return v.value > bound end },
  },
}
-- expect: 6:63 L014
-- expect: 7:5 L014
