return select(0, 1)
