local s = ("中"):rep(20000) while true do for _, c in utf8.codes(s) do end end
