local x return x.y.z
