local s = ("a"):rep(60000) while true do s:gsub("a", { a = "b" }) end
