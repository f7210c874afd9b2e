-- 没有返回规则
local a = 1
-- expect: 1:0 L008
