while true do local s = tostring(1.7e308) end
