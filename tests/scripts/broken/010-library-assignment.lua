-- 改标准库
string.upper = nil
math.floor = function() return 0 end
-- expect: 2:8 L006
-- expect: 3:6 L006
