-- The three kinds of rule.  Each takes a name, then a table: warning "name" { … }.
-- `rule` and `mark` are given by the engine (core/engine/words.c); only this folder sees them.
local words = {}

-- A ladder of levels for an area: issued, raised, lowered, lifted.
function words.warning(name) return rule("warning", name) end

-- Something that is watched one by one, an outlet, a line, an incident, with steps to take.
function words.watch(name) return rule("watch", name) end

-- A watch on the calendar: who does what in which season.
function words.rota(name) return rule("rota", name) end

return words
