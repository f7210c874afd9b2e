getmetatable("").__index = { upper = function() return "HACKED" end }
