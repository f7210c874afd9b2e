-- 规则没有文件、时钟和异常捕获
local ok = pcall(error, "x")
return os.time()
-- expect: 2:12 L005
-- expect: 3:8 L005
