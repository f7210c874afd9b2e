-- Five busy days of a city, so that every rule of policies/shenyang has something to do: a haze that is issued, raised
-- and lifted, a directive, ozone days, boilers, treatment that is switched off, straw fires, receipts; and all that
-- feeds do to one: gaps, flags, values out of bounds, late readings, repeats, a conflict.
--
--   lua5.4 make_city.lua FOLDER      writes readings.csv, events.jsonl, approvals.jsonl; the same bytes each time
--
-- Invented from end to end.  Played with pollutants [pm25, o3], required [pm25].

local folder = arg[1] or "."
local DAY_1, DAYS = 26, 5 -- of September 2025; day 31 is October 1st
local STATIONS = { "s1098", "s1099", "s1100", "s1102", "s1103", "s1104", "s1105", "s1106", "s1108" }
local BOILERS = { "210102-0005/DA001", "210103-0005/DA001", "210103-0006/DA002" }
local LINES = { "210104-0003/L1", "210104-0004/L1" }
local PM25 = { 60, 150, 190, 260, 40, 20 } -- by day, around which the stations scatter

local seed = 20250926
local function random(n) -- 0 … n-1
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n
end

local function time(minutes) -- since DAY_1 00:00
  local day = DAY_1 + minutes // 1440
  local month = 9
  if day > 30 then day, month = day - 30, 10 end
  return string.format("2025-%02d-%02dT%02d:%02d:00+08:00", month, day, minutes % 1440 // 60, minutes % 60)
end

-- ---- readings.csv ---------------------------------------------------------------------------------

local rows = {} -- { minute of arrival, text }
local function row(minutes, period, subject, series, value, flag)
  rows[#rows + 1] = { minutes + period, #rows, string.format("%s,%s,%s,%s,%s,%s\n", time(minutes), subject, series, value,
    flag or "", period == 1 and "1m" or "1h") }
end

for hour = 0, DAYS * 24 - 1 do
  local at, day = hour * 60, hour // 24 + 1
  for i, station in ipairs(STATIONS) do
    local silent = (i <= 3 and hour >= 70 and hour < 78) or random(40) == 0
    if not silent then
      local flag = random(50) == 0 and "D" or random(3) == 0 and "N" or ""
      row(at, 60, station, "pm25", PM25[day] + random(41) - 20, flag)
      if hour % 24 >= 6 then row(at, 60, station, "o3", random(60) == 0 and 9999 or 60 + random(150)) end
    end
  end
  for i, boiler in ipairs(BOILERS) do
    local stopped = i == 3 and hour % 24 < 6
    if not (i == 2 and hour >= 40 and hour < 48) then
      row(at, 60, boiler, "nox_zs", stopped and 0 or (hour // (5 + i)) % 3 == 1 and 205 + random(90) or 120 + random(60),
        stopped and "F" or random(30) == 0 and "M" or "N")
    end
  end
end
for minute = 2 * 1440 + 480, 2 * 1440 + 620 do
  for i, line in ipairs(LINES) do
    row(minute, 1, line, "production_kw", 30 + random(20))
    if random(25) > 0 then row(minute, 1, line, "treatment_kw", (minute + 40 * i) % 110 < 75 and 0 or 12) end
  end
end
table.sort(rows, function(a, b) return a[1] ~= b[1] and a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)

local csv = assert(io.open(folder .. "/readings.csv", "wb"))
csv:write("time,subject,series,value,flag,period\n")
for _, one in ipairs(rows) do csv:write(one[3]) end
csv:close()

-- ---- events.jsonl ---------------------------------------------------------------------------------

local events = assert(io.open(folder .. "/events.jsonl", "wb"))
local count = 0
local function event(out, minutes, kind, subject, data, id, recorded)
  count = count + 1
  out:write(string.format('{"specversion":"1.0","id":"%s","source":"city","type":"%s","subject":"%s","time":"%s",%s"data":%s}\n',
    id or "e" .. count, kind, subject, time(minutes), recorded and '"recordedtime":"' .. time(recorded) .. '",' or "", data))
end
local function forecast(minutes, series, values, primary)
  event(events, minutes, "forecast", "210100", string.format('{"series":"%s","issued":"%s","start":"%s","step":"P1D","values":[%s]%s}',
    series, time(minutes), time(minutes // 1440 * 1440):sub(1, 10), values, primary and ',"primary":["' .. primary .. '"]' or ""))
end

forecast(480, "iaqi_o3_day", "120,90,130,140,110")
forecast(960, "aqi_day", "90,170,[200,240],null,120,90", "pm25")
event(events, 1500, "incident", "hotspot-1", '{"kind":"straw_fire","lon":123.4316,"lat":41.6959,"confidence":0.9}')
event(events, 1530, "incident", "hotspot-2", '{"kind":"straw_fire","lon":123.4400,"lat":41.7000,"confidence":0.95}')
event(events, 1535, "incident", "hotspot-3", '{"kind":"straw_fire","lon":122.9000,"lat":41.9500,"confidence":0.5}')
event(events, 1540, "incident", "hotspot-4", '{"kind":"straw_fire","lon":122.8289,"lat":41.9965,"confidence":0.85}')
event(events, 1600, "receipt", "straw-fire/hotspot-4/2025-09-27T01:40", '{"kind":"done","channel":"spool","by":"示例网格员"}')
event(events, 1920, "receipt", "straw-fire/nobody/2025-09-27T01:40", '{"kind":"acknowledged","channel":"spool"}')
forecast(1920, "iaqi_o3_day", "90,130,90,140,110")
forecast(2400, "aqi_day", "190,230,240,310,120,90", "pm25")
event(events, 2700, "directive", "210100", string.format('{"level":"orange","from":"%s","to":"%s","number":"辽环函〔2025〕1号"}', time(2760), time(5040)))
event(events, 2880, "reading", "s1098", '{"values":{"pm25":180,"o3":44},"period":"PT1H"}', "late-1", 3085)
event(events, 2940, "reading", "s1099", '{"values":{"pm25":null},"period":"PT1H"}', "late-2", 3095)
event(events, 2940, "reading", "s1099", '{"values":{"pm25":null},"period":"PT1H"}', "late-2", 3120) -- a repeat
event(events, 2940, "reading", "s1099", '{"values":{"pm25":77},"period":"PT1H"}', "late-2", 3150) -- a conflict
forecast(3360, "iaqi_o3_day", "130,90,null,110")
forecast(3840, "aqi_day", "220,320,230,110,90,80", "pm25")
event(events, 4000, "incident", "hotspot-5", '{"kind":"straw_fire","lon":123.4167,"lat":42.5070,"confidence":0.99}')
forecast(5280, "aqi_day", "280,90,80,80,70,60", "pm25")
forecast(6720, "aqi_day", "60,60,70,80,80,90")
event(events, 7100, "incident", "hotspot-6", '{"kind":"gas_alarm","lon":123.4,"lat":41.8,"confidence":1}')
events:close()

-- ---- approvals.jsonl: for a replay in which nothing is approved by itself ---------------------------

local approvals = assert(io.open(folder .. "/approvals.jsonl", "wb"))
local function decide(minutes, data) event(approvals, minutes, "decision", "heavy-pollution/210100", data) end
decide(1010, '{"act":"approve","by":"甲","note":"同意"}')
decide(2405, string.format('{"act":"hold","by":"甲","until":"%s","note":"待会商"}', time(2500)))
decide(2510, '{"act":"approve","by":"甲","note":"同意"}')
decide(2520, '{"act":"approve","by":"甲","note":"同一人不算两人"}')
decide(2530, '{"act":"approve","by":"乙","note":"同意"}')
decide(3900, '{"act":"approve","by":"甲","note":"同意"}')
decide(3910, '{"act":"approve","by":"乙","note":"同意"}')
decide(5400, '{"act":"file","by":"甲","note":"再看一期预报"}')
decide(6900, '{"act":"approve","by":"乙","note":"同意"}')
decide(7000, '{"act":"lift","by":"甲","note":"会商同意解除"}')
approvals:close()
