string.format = function() return "HACKED" end
