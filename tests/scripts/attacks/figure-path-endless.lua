local x = p while true do x = x.a end
