for k, v in pairs(nothing.at.all(1, 2)) do end return nothing + 1 < nothing .. "x"
