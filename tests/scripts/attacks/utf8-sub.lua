local s = ("中"):rep(20000) while true do utf8.sub(s, -1) end
