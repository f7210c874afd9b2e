local s = ("中"):rep(20000) while true do utf8.len(s) end
