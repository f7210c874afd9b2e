return p()
