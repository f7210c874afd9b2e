-- 词写错
return warnin "w" { area = p.city }
-- expect: 2:8 L005 | warning
