return ("a"):rep(60000):find("%f[b].-%f[b].-%f[b]")
