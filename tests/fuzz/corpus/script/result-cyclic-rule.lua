local t = {} t.levels = t t.title = t t.area = t t.lift_when = t return warning "w" (t)
