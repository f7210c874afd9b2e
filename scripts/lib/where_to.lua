-- Where a step of a watch goes.
local words = {}

-- The owner of the patrol grid's cell at that level: grid "group" | "village" | "town" | "county".
function words.grid(level) return mark("grid", { level }) end

-- Recipients within a distance of the place: within { "500m", who = sites {} }.
function words.within(far) return mark("within", far) end

-- The same, only on the side the wind blows to.
function words.downwind(far) return mark("downwind", far) end

return words
