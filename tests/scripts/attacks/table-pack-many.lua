while true do table.pack(table.unpack({}, 1, 1000)) end
