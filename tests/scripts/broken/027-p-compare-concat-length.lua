-- 比较、连接、取长度
local big = p.medium > 100
local text = "阈值" .. p.medium
local n = #p.parks
for _, park in pairs(p.parks) do n = n + 1 end
return watch "w" { per = stations {}, when = { observed = "pm25", above = 100 } }
-- expect: 2:13 L011
-- expect: 3:22 L011
-- expect: 4:12 L011
-- expect: 5:22 L011
