while true do select("#", table.unpack({}, 1, 1000)) end
