local a = 1.0000000001 while true do local x = a ^ 1e10 end
