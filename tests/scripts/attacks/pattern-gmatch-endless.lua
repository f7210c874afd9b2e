local n = 0 for w in ("a"):rep(60000):gmatch("") do n = n + 1 for x in ("a"):rep(60000):gmatch("") do n = n + 1 end end
