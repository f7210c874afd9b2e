os.execute("touch /tmp/LUA_PWNED")
