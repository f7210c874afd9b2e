-- where 函数可以用自己的局部变量、外面的常量、只读的表和函数。
local bound = 120
local winter = { [11] = true, [12] = true, [1] = true }
local function is_winter(month) return winter[month] == true end
return {
  watch "a" {
    per = stations {},
    when = { observed = "pm25", where = function(v)
      local sum, count = 0, 0
      for k = 1, 3 do
        local before = v:before(k)
        if before then sum, count = sum + before, count + 1 end
      end
      return is_winter(v.month) and count > 0 and sum / count > bound and (v:other("o3") or 0) < 50
    end },
  },
  rota "b" {
    during = season "01-01 .. 12-31", measure = "stop",
    who = enterprises { where = function(r)
      for _, line in ipairs(r.lines) do
        if line.day.vocs > 0.05 then return r.grade ~= "A" and r.attr "phase" == nil end
      end
    end },
  },
}
