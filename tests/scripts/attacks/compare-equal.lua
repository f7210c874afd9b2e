local s, t = ("x"):rep(65000) .. "a", ("x"):rep(65000) .. "a" while true do local x = s == t end
