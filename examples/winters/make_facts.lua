-- Turns the hourly PM2.5 of two Shenyang stations into facts: what was measured, and a perfect hindcast.
--
--   lua5.4 make_facts.lua CSV FOLDER
--
-- CSV is “PM2.5 Data of Five Chinese Cities” (UCI, CC BY 4.0), ShenyangPM20100101_20151231.csv.  Into FOLDER go
--   readings.csv     time,subject,series,value: one row per station and hour of 2013–2015; NA is a blank cell
--   bulletins.jsonl  one bulletin of aqi_day a day, issued at 16:00, for that day and the five after it
--
-- The hindcast is what a perfect forecaster would have said: the daily AQI by HJ 633-2012 over PM2.5 alone, as the
-- engine itself computes it afterwards: an hour counts when both stations reported, a day when 20 hours count; the mean
-- is rounded half-even, the index up; null for a day that does not count.  Integers throughout.

local FIRST_YEAR, LAST_YEAR, DAYS_AHEAD, ISSUED_AT = 2013, 2015, 6, "T16:00:00+08:00"
local STATIONS = { { column = "PM_Taiyuanjie", id = "taiyuanjie" }, { column = "PM_Xiaoheyan", id = "xiaoheyan" } }
local HOURS_MIN = 20                                   -- GB 3095, table 4
local INDEX = { 0, 50, 100, 150, 200, 300, 400, 500 }  -- HJ 633-2012, table 1
local BREAKS = { 0, 35, 75, 115, 150, 250, 350, 500 }  -- PM2.5, 24 h, µg/m³

local function fields_of(line)
  local fields = {}
  for field in (line .. ","):gmatch("([^,]*),") do fields[#fields + 1] = field end
  return fields
end

local function round_half_even(numerator, denominator)
  local whole, rest = numerator // denominator, numerator % denominator
  if rest * 2 > denominator or (rest * 2 == denominator and whole % 2 == 1) then whole = whole + 1 end
  return whole
end

local function index_of(concentration)
  for i = 2, #BREAKS do
    if concentration <= BREAKS[i] then
      local width = BREAKS[i] - BREAKS[i - 1]
      local above = (INDEX[i] - INDEX[i - 1]) * (concentration - BREAKS[i - 1])
      return INDEX[i - 1] + (above + width - 1) // width
    end
  end
  return INDEX[#INDEX]
end

local function number_or_nil(text) return text ~= "NA" and math.tointeger(tonumber(text)) or nil end

-- days: in order; each { date = "2013-01-01", sum = of both stations over valid hours, hours = valid ones }
local function read(path, readings)
  local days, day, columns = {}, nil, {}
  for line in io.lines(path) do
    local fields = fields_of((line:gsub("\r$", "")))
    if not columns.year then
      for i, name in ipairs(fields) do columns[name] = i end
      assert(columns.year and columns.hour, path .. ": no heading")
    else
      local year = tonumber(fields[columns.year])
      if year >= FIRST_YEAR and year <= LAST_YEAR then
        local date = string.format("%04d-%02d-%02d", year, fields[columns.month], fields[columns.day])
        local hour = tonumber(fields[columns.hour])
        if not day or day.date ~= date then
          day = { date = date, sum = 0, hours = 0 }
          days[#days + 1] = day
        end
        local sum, valid = 0, true
        for _, station in ipairs(STATIONS) do
          local value = number_or_nil(fields[columns[station.column]])
          readings:write(string.format("%sT%02d:00:00+08:00,%s,pm25,%s\n", date, hour, station.id, value or ""))
          if value then sum = sum + value else valid = false end
        end
        if valid then day.sum, day.hours = day.sum + sum, day.hours + 1 end
      end
    end
  end
  return days
end

local function day_index(day)
  if not day or day.hours < HOURS_MIN then return "null" end
  return index_of(round_half_even(day.sum, #STATIONS * day.hours))
end

local function write_bulletins(days, bulletins)
  for i, day in ipairs(days) do
    local values = {}
    for ahead = 0, DAYS_AHEAD - 1 do values[#values + 1] = day_index(days[i + ahead]) end
    local issued = day.date .. ISSUED_AT
    bulletins:write(string.format(
      '{"specversion":"1.0","id":"hindcast-%s","source":"hindcast","type":"forecast","subject":"210100","time":"%s",'
        .. '"data":{"series":"aqi_day","issued":"%s","start":"%s","step":"P1D","values":[%s]}}\n',
      day.date, issued, issued, day.date, table.concat(values, ",")))
  end
end

local csv, folder = arg[1], arg[2]
if not csv or not folder then
  io.stderr:write("usage: lua5.4 make_facts.lua CSV FOLDER\n")
  os.exit(2)
end
local readings = assert(io.open(folder .. "/readings.csv", "wb"))
local bulletins = assert(io.open(folder .. "/bulletins.jsonl", "wb"))
readings:write("time,subject,series,value\n")
write_bulletins(read(csv, readings), bulletins)
readings:close()
bulletins:close()
