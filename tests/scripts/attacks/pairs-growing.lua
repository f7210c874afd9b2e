local t = { a = 1 } for k, v in pairs(t) do t[k .. "x"] = v end error("ended")
