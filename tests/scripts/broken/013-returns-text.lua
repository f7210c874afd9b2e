-- 返回的不是规则
return "heavy-pollution"
-- expect: 2:0 L016
