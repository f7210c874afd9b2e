("x").upper = nil
