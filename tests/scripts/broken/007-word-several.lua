-- 一次列出全部写错的词，函数里没有运行到的也在内
local f = function() return agregate(1) end
local a = seeson "05-01 .. 09-30"
return wacth "w" { during = a }
-- expect: 2:29 L005
-- expect: 3:11 L005 | season
-- expect: 4:8 L005 | watch
