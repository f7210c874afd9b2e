return ("xxxxxxxx"):rep(math.maxinteger // 4)
