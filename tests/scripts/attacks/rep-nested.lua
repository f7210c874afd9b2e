local s = "x" for i = 1, 1e9 do s = ("x"):rep(60000) end
