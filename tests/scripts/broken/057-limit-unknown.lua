-- 名录里谁也没有这个限值
return watch "w" { per = outlets {}, when = { observed = "nox_zs", above = limit "nxo" } }
-- expect: 2:68 R013
