table.insert({}, 5, 1)
