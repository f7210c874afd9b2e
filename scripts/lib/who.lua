-- Who: a kind of thing, and what it must be like.  Several attributes must all fit; a list of values
-- means any of them.
local words = {}

function words.enterprises(like) return mark("enterprises", like) end
function words.sites(like)       return mark("sites", like) end       -- building sites, roads, yards
function words.fleets(like)      return mark("fleets", like) end      -- users of many lorries
function words.outlets(like)     return mark("outlets", like) end     -- an enterprise's outlets
function words.lines(like)       return mark("lines", like) end       -- an enterprise's production lines
function words.stations(like)    return mark("stations", like) end    -- air monitoring stations
function words.event(like)       return mark("event", like) end       -- incidents as they are reported

return words
