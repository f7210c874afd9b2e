-- 里面的函数改外面的变量；只改自己的局部变量没有关系
local total = 0
local function add(n) total = total + n end
return watch "w" {
  per = stations {},
  when = any {
    { observed = "pm25", where = function(v) add(v.value) return total > 3 end },
    { observed = "pm25", where = function(v)
        local sum = 0
        local function plus(n) sum = sum + n end
        plus(v.value)
        return sum > 3
      end },
  },
}
-- expect: 3:23 L013
-- expect: 8:26 L015
