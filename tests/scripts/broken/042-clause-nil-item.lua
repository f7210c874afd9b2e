-- 列表中间有 nil
local extra = nil
return watch "w" {
  per = stations {},
  when = any { { observed = "pm25", above = 100 }, extra, { observed = "o3", above = 100 } },
}
-- expect: 5:59 R002
