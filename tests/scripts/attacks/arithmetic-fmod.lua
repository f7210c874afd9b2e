while true do local x = math.fmod(1.7e308, 3e-308) end
