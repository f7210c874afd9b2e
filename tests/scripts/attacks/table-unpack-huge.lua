return table.unpack({}, 0, 2147483647)
