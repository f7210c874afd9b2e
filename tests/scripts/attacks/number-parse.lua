local s = ("9"):rep(190) while true do local x = tonumber(s) end
