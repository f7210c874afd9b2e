-- When a rota is in force.
local words = {}

-- Every year between two days, both included: season "05-01 .. 09-30".
function words.season(days) return mark("season", { days }) end

-- A dated season of calendar.yaml: calendar "heating".
function words.calendar(name) return mark("calendar", { name }) end

-- While a warning stands at that level or above: level { "heavy-pollution", at_least = "yellow" }.
function words.level(of) return mark("level", of) end

return words
