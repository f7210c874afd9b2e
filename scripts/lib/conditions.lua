-- Joining clauses, and where figures and reasons come from.
local words = {}

-- Holds when at least one of its clauses holds.
function words.any(clauses) return mark("any", clauses) end

-- Holds when each of its clauses holds; with `lasting`, when they hold together at the same steps.
function words.all(clauses) return mark("all", clauses) end

-- The document a rule stands on: doc "plan", or doc { "plan", article = "4.2.1" }.
function words.doc(key)
  if type(key) == "table" then return mark("doc", key) end
  return mark("doc", { key })
end

-- The limit written with the subject itself in the registry: limit "nox".
function words.limit(name) return mark("limit", { name }) end

return words
