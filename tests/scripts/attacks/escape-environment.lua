local e = _ENV return e.os.exit()
