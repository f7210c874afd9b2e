for k in pairs({ [true] = 1, [{}] = 2 }) do end
