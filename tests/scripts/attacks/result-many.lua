return table.unpack({}, 1, 200)
