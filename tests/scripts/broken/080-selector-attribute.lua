-- 没有这个属性
return watch "w" { per = outlets { kinds = "furnace" }, when = { observed = "nox_zs", above = 100 } }
-- expect: 2:36 R001 | kind
