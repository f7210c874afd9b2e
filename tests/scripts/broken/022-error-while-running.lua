-- 运行时出错：前面的规则照样检查
local rule = watch "w" {
  per = stations {},
  when = { observed = "pm52", above = 100 },
}
local nothing = nil
return nothing.field
-- expect: 4:12 R009 | pm25
-- expect: 7:8 L002
