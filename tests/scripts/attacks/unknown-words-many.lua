for i = 1, 1e6 do local x = _ENV["w" .. i] end
