for i = 1, 5000 do watch("w" .. i) { per = 1 } end
