local x = 1.7e308 while true do local s = x .. "" end
