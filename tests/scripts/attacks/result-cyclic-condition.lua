local t = {} t[1] = any(t) return watch "w" { per = stations {}, when = t[1] }
