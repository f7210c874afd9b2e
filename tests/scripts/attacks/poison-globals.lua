tostring = function() return "HACKED" end LEAK = 123
