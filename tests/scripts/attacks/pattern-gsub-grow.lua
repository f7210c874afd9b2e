local s = ("a"):rep(30000) while true do s = s:gsub("a", "%0%0") end
