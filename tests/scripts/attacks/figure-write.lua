p.city = "x"
