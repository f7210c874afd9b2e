local t = setmetatable({}, { __index = function(_, i) return i end }) for i in ipairs(t) do end
