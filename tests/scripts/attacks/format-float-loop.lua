while true do local s = ("%.99f"):format(1e308) end
