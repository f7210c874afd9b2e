-- 规则可以由函数拼出来：列表、多个返回值、公用的条款。
local function above(series, value)
  return { observed = series, above = value, lasting = "3h" }
end
local list = {}
for i, station in ipairs({ "centre", "south" }) do
  list[i] = watch("group-" .. station) { per = stations { group = station }, when = above("pm25", 100 * i) }
end
return list, watch "both" { per = stations {}, when = any { above("pm25", 400), above("o3", 400) } }
