return p
