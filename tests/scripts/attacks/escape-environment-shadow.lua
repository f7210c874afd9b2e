local _ENV = { } return os.exit()
