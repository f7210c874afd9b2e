-- where 函数保存状态
local count = 0
local seen = {}
return watch "w" {
  per = stations {},
  when = any {
    { observed = "pm25", where = function(v)
        count = count + 1
        return count > 3
      end },
    { observed = "pm25", where = function(v)
        seen.last = v.value
        return true
      end },
  },
}
-- expect: 8:9 L013
-- expect: 12:9 L013
