local function f() error(f) end return f()
