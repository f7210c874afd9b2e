-- Makes the invented part of Shenyang's policy: registry/*.yaml, inventory.yaml and grid.yaml.
--
--   cd policies/shenyang && lua5.4 generate.lua [FOLDER]        (default: this folder)
--
-- Every enterprise, site, vehicle user, telephone number and figure it writes is invented (名称均含“示例”).  The output
-- is kept in the repository and may be edited by hand; running this again overwrites it.  It draws its numbers from a
-- generator of its own with a fixed seed, counts in whole hundreds of grams, and sorts whatever it walks, so that it
-- writes the same bytes on every machine (tests/policies/check_generate.sh).

local folder = arg[1] or "."
local SEED = 20241216                    -- the day on which the city's plan was issued

-- Numbers -----------------------------------------------------------------------------------------------------------

local state = SEED
local function draw(n)                   -- 1 … n
  state = state * 6364136223846793005 + 1442695040888963407
  return (state >> 33) % n + 1
end
local function between(low, high) return low + draw(high - low + 1) - 1 end
local function pick(list) return list[draw(#list)] end
local function weighted(weights)         -- { {value, weight}, … }
  local sum = 0
  for _, w in ipairs(weights) do sum = sum + w[2] end
  local at = draw(sum)
  for _, w in ipairs(weights) do
    at = at - w[2]
    if at <= 0 then return w[1] end
  end
end
local function shuffled(list)
  for i = #list, 2, -1 do
    local j = draw(i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

-- Emissions are counted in 0.1 kg/d and written in t/d.
local function tonnes(units)
  local text = string.format("%d.%04d", units // 10000, units % 10000)
  return (text:gsub("0+$", ""):gsub("%.$", ""))
end
local POLLUTANTS = { "so2", "nox", "pm", "vocs" }
local function day_text(units)
  local parts = {}
  for i, p in ipairs(POLLUTANTS) do parts[i] = p .. ": " .. tonnes(units[p]) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Places ------------------------------------------------------------------------------------------------------------

local DISTRICTS = {                      -- code, name, centre, weight of industry there
  { "210102", "和平区", 123.4067, 41.7881, 1 },   { "210103", "沈河区", 123.4457, 41.7956, 1 },
  { "210104", "大东区", 123.4700, 41.8085, 7 },   { "210105", "皇姑区", 123.4057, 41.8223, 3 },
  { "210106", "铁西区", 123.3507, 41.7878, 18 },  { "210111", "苏家屯区", 123.3416, 41.6659, 11 },
  { "210112", "浑南区", 123.4590, 41.7419, 10 },  { "210113", "沈北新区", 123.5215, 42.0523, 11 },
  { "210114", "于洪区", 123.3108, 41.7958, 14 },  { "210115", "辽中区", 122.7313, 41.5127, 8 },
  { "210123", "康平县", 123.3527, 42.7415, 4 },   { "210124", "法库县", 123.4167, 42.5070, 6 },
  { "210181", "新民市", 122.8289, 41.9965, 10 },
}
local INDUSTRIAL, EVERYWHERE = {}, {}
for _, d in ipairs(DISTRICTS) do
  if d[5] >= 3 then INDUSTRIAL[#INDUSTRIAL + 1] = { d[1], d[5] } end
  EVERYWHERE[#EVERYWHERE + 1] = { d[1], 3 }
end
local RURAL = { { "210111", 4 }, { "210113", 3 }, { "210115", 6 }, { "210123", 6 }, { "210124", 7 }, { "210181", 7 } }
local FAKU = { { "210124", 17 }, { "210123", 3 } }
local TIEXI = { { "210106", 10 }, { "210113", 3 }, { "210112", 2 } }
local CARS = { { "210104", 5 }, { "210106", 2 }, { "210112", 1 } }

-- Parks take the industries they are known for.
local PARKS = {
  { name = "经开区化工园", district = "210106", share = 85,
    takes = "pharmaceutical pesticide coating_maker ink petrochemical rubber waterproofing synthetic_leather" },
  { name = "新民胡台园区", district = "210181", share = 80, takes = "packaging_printing frp industrial_coating wood_panel" },
  { name = "于洪沙岭园区", district = "210114", share = 80, takes = "furniture industrial_coating shoes coating_maker" },
  { name = "法库陶瓷园区", district = "210124", share = 90, takes = "ceramics refractory" },
  { name = "大东汽车园区", district = "210104", share = 90, takes = "automobile machinery_assembly" },
}
local function park_of(district, industry)
  for _, park in ipairs(PARKS) do
    if park.district == district and (" " .. park.takes .. " "):find(" " .. industry .. " ", 1, true)
       and draw(100) <= park.share then
      return park.name
    end
  end
end

-- What the list says, by grade --------------------------------------------------------------------------------------
--
-- After the technical guide of 2020 (环办大气函〔2020〕340号) and the plans that followed it: A and 引领性 reduce by
-- themselves; B from orange, C from yellow by line, D stops from yellow and keeps its trucks off the road.

local BAN4 = "{do: ban_trucks, stage_at_most: 4}"
local BAN_MACHINES = "{do: ban_machinery, stage_at_most: 2}"
local NO_ROAD = "{do: no_road_transport}"
local YEAR = "按前一年正常生产日均产量"
local CLINKER = "按环评批复产能、排污许可载明产能、前一年正常生产实际产量三者最小值的日均值"

local function names(first, last)
  local list = {}
  for i = first, last do list[#list + 1] = "L" .. i end
  return table.concat(list, ", ")
end
local function act(word, first, last) return string.format("{do: %s, lines: [%s]}", word, names(first, last)) end
local function cap(word, percent, basis, n)
  return string.format("{do: %s, lines: [%s], percent: %d, basis: %s}", word, names(1, n), percent, basis)
end
local function levels(yellow, orange, red) return { yellow = yellow, orange = orange, red = red } end
local function half_from(n) return n - (n + 1) // 2 + 1 end   -- the last half of the lines, at least one
local function third_from(n) return n - math.max(1, n // 3) + 1 end

local SELF = { ["A+"] = true, A = true, leading = true }
local function by_line(word)             -- kilns and furnaces: a whole line stands or runs
  return function(grade, n)
    local all, half = act(word, 1, n), act(word, half_from(n), n)
    if SELF[grade] then return levels({}, {}, {}) end
    if grade == "B" then
      return levels({ BAN4 }, { act(word, third_from(n), n), BAN4 }, { word == "stop_keep_kiln" and all or half, BAN4 })
    end
    if grade == "B-" then return levels({ BAN4 }, { half, BAN4 }, { all, BAN4 }) end
    if grade == "D" then return levels({ all, NO_ROAD }, { all, NO_ROAD }, { all, NO_ROAD }) end
    return levels({ half, BAN4 }, { all, BAN4 }, { all, BAN4, BAN_MACHINES })
  end
end
local function voc(grade, n)             -- solvent steps stop, the rest of the line may run
  local all, half = act("stop_voc_process", 1, n), act("stop_voc_process", half_from(n), n)
  if SELF[grade] then return levels({}, {}, {}) end
  if grade == "B" then return levels({}, { act("stop_voc_process", third_from(n), n), BAN4 }, { half, BAN4 }) end
  if grade == "B-" then return levels({}, { half, BAN4 }, { all, BAN4 }) end
  if grade == "D" then
    local stop = act("stop", 1, n)
    return levels({ all, NO_ROAD }, { stop, NO_ROAD }, { stop, NO_ROAD })
  end
  return levels({ half }, { all, BAN4 }, { all, BAN4, BAN_MACHINES })
end
local function reactor(grade, n)         -- continuous reactions: no new batch, then down to the safe load
  local all, half = act("stop", 1, n), act("stop", half_from(n), n)
  if SELF[grade] then return levels({}, {}, {}) end
  if grade == "B" or grade == "B-" then
    return levels({}, { cap("limit_batch", 20, YEAR, n), BAN4 }, { cap("limit_batch", 40, YEAR, n), BAN4 })
  end
  if grade == "D" then return levels({ all, NO_ROAD }, { all, NO_ROAD }, { all, NO_ROAD }) end
  local rest = half_from(n) > 1 and cap("limit_batch", 20, YEAR, half_from(n) - 1) or nil
  return levels({ cap("limit_batch", 20, YEAR, n) }, { half, rest or BAN4, rest and BAN4 }, { all, BAN4 })
end
local function cement(grade, n)          -- verbatim from the guide of 2020
  local all, half = act("stop_keep_kiln", 1, n), act("stop_keep_kiln", half_from(n), n)
  if SELF[grade] then return levels({}, {}, {}) end
  if grade == "B" or grade == "B-" then
    return levels({ BAN4 }, { cap("limit", 20, CLINKER, n), BAN4 }, { all, BAN4 })
  end
  if grade == "D" then return levels({ all, NO_ROAD }, { all, NO_ROAD }, { all, NO_ROAD }) end
  return levels({ half, BAN4 }, { all, BAN4 }, { all, BAN4 })
end
local function glass(grade, n)           -- by feed; the furnace must not go cold
  local function feed(percent) return cap("limit_feed", percent, "按设计日投料量", n) end
  if SELF[grade] then return levels({}, {}, {}) end
  if grade == "B" or grade == "B-" then return levels({}, { feed(10), BAN4 }, { feed(10), BAN4 }) end
  if grade == "D" then return levels({ feed(30), NO_ROAD }, { feed(30), NO_ROAD }, { feed(30), NO_ROAD }) end
  return levels({ BAN4 }, { feed(20), BAN4 }, { feed(20), BAN4 })
end
local function concrete(_, n)
  local all = { act("stop", 1, n), "{do: stop_loading}", BAN4 }
  return levels({ "{do: stop_loading}", BAN4 }, all, all)
end
local function grinding(_, n)
  return levels({ act("stop", half_from(n), n), BAN4 }, { act("stop", 1, n), BAN4 }, { act("stop", 1, n), BAN4 })
end
local function heat(_, n)
  local function load(percent) return cap("limit_heat", percent, "按核定最大负荷", n) end
  return levels({ load(5), "{do: better_coal}" }, { load(10), "{do: better_coal}", BAN4 },
                { load(20), "{do: better_coal}", BAN4 })
end
local function supply(_, n)
  return levels({ "{do: guaranteed_cap}" }, { cap("limit", 10, YEAR, n), "{do: guaranteed_cap}", BAN4 },
                { cap("limit", 20, YEAR, n), "{do: guaranteed_cap}", BAN4 })
end
local function boiler_user(_, n)
  return levels({}, { cap("limit", 20, YEAR, n), BAN4 }, { cap("limit", 40, YEAR, n), BAN4 })
end
local function paint_shop(_, n)
  return levels({}, { act("stop_voc_process", 1, n) }, { act("stop_voc_process", 1, n) })
end
local function petrol()
  return levels({ "{do: night_unloading}" }, { "{do: night_unloading}" }, { "{do: night_unloading}" })
end

-- Industries --------------------------------------------------------------------------------------------------------
--
-- key, how many, word in the name, lines (names, from, to), base emissions in kg/d (so2 nox pm vocs), where, pattern,
-- and what else: safe (minimum of a line), outlet (kind and limits), class, graded = false.

local ISO = "保温不低于20%"
local HOT = "熔窑不得熄火，投料量不低于70%"
local REACT = "反应系统维持安全负荷，不低于30%"
local HOT_LINES = { ["中频炉"] = true, ["冲天炉"] = true, ["焙烧炉"] = true, ["煅烧炉"] = true, ["熔炼炉"] = true,
                    ["精炼炉"] = true, ["浮法熔窑"] = true, ["常减压装置"] = true, ["催化裂化装置"] = true, ["重整装置"] = true,
                    ["合成车间"] = true, ["发酵车间"] = true }
local INDUSTRIES = {
  { "short_process_steel", 2, "特钢", { "电弧炉", "连铸机" }, 2, 3, { 150, 300, 350, 60 }, TIEXI, by_line("stop"), outlet = "furnace" },
  { "foundry", 60, "铸造", { "中频炉", "冲天炉", "造型线" }, 2, 5, { 8, 20, 60, 35 }, INDUSTRIAL, by_line("stop"), safe = ISO, outlet = "furnace" },
  { "lime_kiln", 6, "石灰", { "石灰窑" }, 1, 3, { 60, 80, 90, 0 }, RURAL, by_line("stop_keep_kiln"), outlet = "kiln" },
  { "carbon", 2, "炭素", { "焙烧炉", "煅烧炉" }, 2, 3, { 90, 50, 60, 40 }, RURAL, by_line("stop_keep_kiln"), safe = ISO, outlet = "kiln" },
  { "secondary_metals", 10, "再生金属", { "熔炼炉", "精炼炉" }, 2, 4, { 40, 40, 60, 15 }, RURAL, by_line("stop"), safe = ISO, outlet = "furnace" },
  { "nonferrous_rolling", 12, "铝业", { "熔铝炉", "均质炉", "挤压线" }, 2, 5, { 10, 35, 25, 30 }, INDUSTRIAL, by_line("stop"), outlet = "furnace" },
  { "cement", 3, "水泥", { "熟料生产线" }, 2, 2, { 120, 900, 250, 0 }, { { "210124", 1 }, { "210111", 1 }, { "210115", 1 } }, cement, outlet = "kiln" },
  { "brick_kiln", 18, "砖瓦", { "隧道窑", "轮窑" }, 1, 3, { 150, 90, 110, 0 }, RURAL, by_line("stop_keep_kiln"), outlet = "kiln" },
  { "ceramics", 20, "陶瓷", { "辊道窑", "隧道窑", "喷雾干燥塔" }, 2, 6, { 120, 160, 120, 20 }, FAKU, by_line("stop_keep_kiln"), outlet = "kiln" },
  { "refractory", 14, "耐火材料", { "隧道窑", "梭式窑" }, 2, 4, { 60, 90, 70, 5 }, RURAL, by_line("stop_keep_kiln"), outlet = "kiln" },
  { "glass", 3, "玻璃", { "浮法熔窑" }, 1, 2, { 300, 700, 80, 20 }, INDUSTRIAL, glass, safe = HOT, outlet = "kiln" },
  { "mineral_wool", 4, "岩棉", { "冲天炉", "固化线" }, 2, 3, { 50, 60, 70, 25 }, RURAL, by_line("stop"), safe = ISO, outlet = "furnace" },
  { "frp", 8, "玻璃钢", { "缠绕线", "模压线", "拉挤线" }, 2, 4, { 1, 3, 12, 90 }, { { "210181", 3 }, { "210114", 1 } }, voc, leading = true, outlet = "voc" },
  { "waterproofing", 9, "防水材料", { "改性沥青线", "卷材生产线" }, 2, 4, { 8, 10, 15, 100 }, { { "210181", 2 }, { "210106", 1 }, { "210111", 1 } }, voc, outlet = "voc" },
  { "petrochemical", 3, "石化", { "常减压装置", "催化裂化装置", "重整装置" }, 3, 5, { 200, 350, 60, 500 }, { { "210106", 2 }, { "210115", 1 } }, reactor, safe = REACT, outlet = "furnace" },
  { "pharmaceutical", 30, "制药", { "合成车间", "提取车间", "制剂车间", "发酵车间" }, 2, 5, { 10, 20, 10, 120 }, TIEXI, reactor, safe = REACT, outlet = "voc" },
  { "pesticide", 5, "农药", { "合成车间", "复配车间" }, 2, 4, { 10, 15, 10, 100 }, TIEXI, reactor, safe = REACT, outlet = "voc" },
  { "coating_maker", 22, "涂料", { "分散釜组", "研磨线", "灌装线" }, 2, 5, { 2, 4, 12, 110 }, { { "210106", 5 }, { "210114", 3 }, { "210181", 1 } }, voc, outlet = "voc" },
  { "ink", 5, "油墨", { "分散釜组", "灌装线" }, 2, 3, { 1, 2, 5, 80 }, TIEXI, voc, outlet = "voc" },
  { "packaging_printing", 70, "包装印刷", { "凹印机组", "柔印机组", "干式复合线", "胶印机组" }, 2, 6, { 0, 3, 2, 130 }, INDUSTRIAL, voc, outlet = "voc" },
  { "wood_panel", 8, "人造板", { "热压线", "干燥线" }, 2, 3, { 15, 30, 45, 70 }, RURAL, voc, outlet = "voc" },
  { "synthetic_leather", 2, "合成革", { "湿法线", "干法线" }, 2, 3, { 2, 6, 3, 120 }, TIEXI, voc, outlet = "voc" },
  { "rubber", 24, "橡胶", { "密炼机组", "硫化线", "压延线" }, 2, 6, { 8, 14, 30, 90 }, INDUSTRIAL, voc, outlet = "voc" },
  { "shoes", 5, "鞋业", { "刷胶线", "成型线" }, 2, 4, { 0, 1, 2, 60 }, { { "210114", 3 }, { "210181", 2 } }, voc, leading = true, outlet = "voc" },
  { "furniture", 45, "家具", { "喷漆房", "打磨线", "封边线" }, 2, 5, { 0, 2, 25, 75 }, { { "210114", 7 }, { "210111", 3 }, { "210113", 3 }, { "210181", 3 }, { "210106", 2 } }, voc, outlet = "voc" },
  { "automobile", 4, "汽车", { "涂装线", "焊装线", "总装线" }, 3, 5, { 10, 50, 30, 600 }, CARS, voc, outlet = "voc" },
  { "machinery_assembly", 14, "工程机械", { "涂装线", "抛丸线", "装配线" }, 2, 5, { 4, 12, 20, 150 }, INDUSTRIAL, voc, outlet = "voc" },
  { "industrial_coating", 80, "涂装", { "喷漆线", "喷粉线", "电泳线", "烘干线" }, 2, 6, { 2, 10, 25, 110 }, INDUSTRIAL, voc, outlet = "voc" },
  { "concrete", 28, "混凝土", { "搅拌站" }, 2, 3, { 0, 2, 45, 0 }, INDUSTRIAL, concrete, graded = false },
  { "grinding", 8, "粉磨", { "水泥磨" }, 2, 3, { 5, 15, 120, 0 }, RURAL, grinding, graded = false },
  { "auto_repair", 30, "汽车维修", { "烤漆房" }, 1, 2, { 0, 0, 1, 12 }, EVERYWHERE, paint_shop, graded = false, small = 70 },
  { "petrol_station", 20, "加油站", { "加油区" }, 1, 1, { 0, 0, 0, 25 }, EVERYWHERE, petrol, graded = false },
  { "food", 20, "食品", { "燃气锅炉", "烘烤线" }, 1, 3, { 8, 15, 6, 4 }, EVERYWHERE, boiler_user, graded = false, guaranteed = 40 },
  { "feed", 12, "饲料", { "制粒线", "粉碎线" }, 2, 3, { 6, 10, 20, 2 }, RURAL, boiler_user, graded = false, guaranteed = 50 },
  { "heating", 24, "供热", { "热水锅炉" }, 2, 5, { 260, 420, 70, 2 }, EVERYWHERE, heat, graded = false, guaranteed = 100, outlet = "heating_boiler" },
  { "power", 4, "热电", { "燃煤机组" }, 2, 3, { 700, 1100, 150, 10 }, INDUSTRIAL, heat, graded = false, guaranteed = 100, outlet = "heating_boiler" },
  { "waste_incineration", 3, "环保能源", { "焚烧炉" }, 2, 3, { 120, 300, 25, 3 }, RURAL, supply, graded = false, guaranteed = 100, outlet = "furnace" },
}
local GRADES = { { "A+", 1 }, { "A", 5 }, { "B", 26 }, { "B-", 6 }, { "C", 44 }, { "D", 18 } }
local LEADING = { { "leading", 2 }, { "non_leading", 6 } }
-- What the enterprises of the list emit together, t/d.  The city's inventory below stands beside it.
local TARGET = { so2 = 44, nox = 82, pm = 40, vocs = 62 }
local UNLISTED = { so2 = 2, nox = 2, pm = 6, vocs = 18 }              -- industry too small for the list
local CITY = {
  mobile = { so2 = 1, nox = 48, pm = 5, vocs = 26 },
  dust   = { so2 = 0, nox = 0, pm = 48, vocs = 0 },
  other  = { so2 = 11, nox = 9, pm = 22, vocs = 38 },
}
local LIMITS = {                         -- mg/m³, as the emission standards of these years have them
  furnace = { nox = 300, so2 = 200, pm = 30 }, kiln = { nox = 180, so2 = 50, pm = 30 }, voc = { nmhc = 60 },
  heating_boiler = { nox = 200, so2 = 200, pm = 30 },
}

-- Names: two characters before the trade, each pair once ------------------------------------------------------------

local BRANDS = {}
for a in ("鑫瑞宏泰恒盛华丰天润东北方正中联新源金辉永安博远凯达隆祥佳和顺兴"):gmatch(utf8.charpattern) do
  for b in ("茂源达通成发泰诚信业利康宇腾升阳奥海晟磊立旺洋峰铭川林森"):gmatch(utf8.charpattern) do
    if a ~= b then BRANDS[#BRANDS + 1] = a .. b end
  end
end
shuffled(BRANDS)
local next_brand, brand_seen = 0, {}
local function brand()
  repeat
    next_brand = next_brand + 1
    assert(BRANDS[next_brand], "more brands needed")
  until not brand_seen[BRANDS[next_brand]]
  brand_seen[BRANDS[next_brand]] = true
  return BRANDS[next_brand]
end

-- A credit code that is well formed (GB 32100, check character right) and never issued: the body begins with XX.
local ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
local function credit_code(district, number)
  local code = string.format("91%sXX%07d", district, number)
  local sum, weight = 0, 1
  for i = 1, 17 do
    sum = sum + (ALPHABET:find(code:sub(i, i), 1, true) - 1) * weight
    weight = weight * 3 % 31
  end
  local check = (31 - sum % 31) % 31 + 1
  return code .. ALPHABET:sub(check, check)
end
local function monitor(district, number, point)
  return string.format("%sA%013d%04d", district, number, point)
end
local function contact(id, number)
  local host = id:lower() .. ".example"
  return string.format('{name: 值班室, phone: "024-0000-%04d", webhook: "https://%s/yujing", email: "duty@%s"}',
                       number % 10000, host, host)
end

-- Enterprises -------------------------------------------------------------------------------------------------------

local counters = {}
local function next_number(district)
  counters[district] = (counters[district] or 0) + 1
  return counters[district]
end
local total_number = 0

local function class_of(spec)
  if spec.guaranteed and draw(100) <= spec.guaranteed then return "guaranteed" end
  if spec.small and draw(100) <= spec.small then return "small" end
  if spec.graded ~= false and spec[2] >= 10 and draw(100) <= 4 then return "long_stopped" end
  return "normal"
end
local SIMPLE = { { "B", 3 }, { "C", 6 }, { "D", 1 } }               -- 简单行业: graded, but with one measure for all
local function grade_of(spec)
  if spec.graded == false then return weighted(SIMPLE) end
  return weighted(spec.leading and LEADING or GRADES)
end

-- Better grades emit less from the same plant, worse ones more (per cent).
local GRADE_LOAD = { ["A+"] = 60, A = 70, leading = 70, B = 90, ["B-"] = 95, C = 105, non_leading = 105, D = 110 }

local function enterprise(spec)
  local district = weighted(spec[8])
  local number = next_number(district)
  local e = { spec = spec, district = district, number = number, id = string.format("%s-%04d", district, number) }
  e.name = "沈阳示例" .. brand() .. spec[3] .. (spec[1] == "petrol_station" and "" or "有限公司")
  e.grade, e.class, e.park = grade_of(spec), class_of(spec), park_of(district, spec[1])
  total_number = total_number + 1
  e.credit_code = credit_code(district, total_number)
  e.total_number = total_number
  e.n = between(spec[5], spec[6])
  local load = between(60, 150) * (GRADE_LOAD[e.grade] or 100)
  if e.class == "small" then load = load // 10 end
  if e.class == "long_stopped" then load = 0 end
  e.base, e.shares = {}, {}
  for i, p in ipairs(POLLUTANTS) do e.base[p] = spec[7][i] * load // 1000 end
  for i = 1, e.n do e.shares[i] = between(70, 130) end
  return e
end

local enterprises, sums = {}, { so2 = 0, nox = 0, pm = 0, vocs = 0 }
for _, spec in ipairs(INDUSTRIES) do
  for _ = 1, spec[2] do
    local e = enterprise(spec)
    enterprises[#enterprises + 1] = e
    for _, p in ipairs(POLLUTANTS) do sums[p] = sums[p] + e.base[p] end
  end
end

-- Scaled so that the list adds up to TARGET; the lines add up to the enterprise.
local function scale(e)
  local weight = 0
  e.day, e.lines = {}, {}
  for i = 1, e.n do
    weight = weight + e.shares[i]
    e.lines[i] = {}
  end
  for _, p in ipairs(POLLUTANTS) do
    local left = e.base[p] * TARGET[p] * 10000 // sums[p]
    e.day[p] = left
    for i = 1, e.n do
      e.lines[i][p] = i == e.n and left or e.day[p] * e.shares[i] // weight
      left = left - e.lines[i][p]
    end
  end
end

local function emits(e)
  local list = {}
  for i, p in ipairs(POLLUTANTS) do
    if e.spec[7][i] > 0 then list[#list + 1] = p end
  end
  return table.concat(list, ", ")
end
local function line_text(e, i)
  local words = e.spec[4]
  local kind = words[(i - 1) % #words + 1]
  local mn, extra = monitor(e.district, e.number, i), ""
  if e.spec.safe and HOT_LINES[kind] then extra = ", safe_minimum: " .. e.spec.safe end
  if e.class ~= "small" then
    extra = extra .. string.format(', proof: {power: {mn: "%s", point: d2%02d05, stopped_below_kw: %d}}', mn, i,
                                   between(5, 25))
  end
  if e.spec.outlet == "voc" and e.class ~= "small" and i == 1 then
    extra = extra .. string.format(', points: {production_kw: {mn: "%s", point: d2%02d05}, treatment_kw: {mn: "%s", point: d3%02d05}}',
                                   mn, i, mn, i)
  end
  return string.format("    - {id: L%d, name: %d#%s, day: %s%s}", i, i, kind, day_text(e.lines[i]), extra)
end
local function outlets_text(e)
  local kind, list = e.spec.outlet, {}
  if not kind or e.class == "small" then return nil end
  local limits = {}
  for _, p in ipairs { "nmhc", "nox", "pm", "so2" } do
    if LIMITS[kind][p] then limits[#limits + 1] = p .. ": " .. LIMITS[kind][p] end
  end
  for i = 1, math.min(e.n, 2) do
    list[i] = string.format('    - {id: DA%03d, kind: %s, mn: "%s", limits: {%s}}', i, kind,
                            monitor(e.district, e.number, 100 + i), table.concat(limits, ", "))
  end
  return table.concat(list, "\n")
end
local function measures_of(e)
  if e.class == "small" or e.class == "long_stopped" then return levels({}, {}, {}) end
  local pattern = e.spec[9]
  if e.class == "guaranteed" and pattern == boiler_user then pattern = supply end
  return pattern(e.grade, e.n)
end
local function add_measures(out, measures)
  local lines = {}
  for _, level in ipairs { "yellow", "orange", "red" } do
    if #measures[level] > 0 then
      lines[#lines + 1] = "    " .. level .. ": [" .. table.concat(measures[level], ", ") .. "]"
    end
  end
  if #lines > 0 then out[#out + 1] = "  measures:\n" .. table.concat(lines, "\n") end
end

local function enterprise_text(e)
  local out = {}
  local function add(...) out[#out + 1] = string.format(...) end
  add('- id: "%s"', e.id)
  add("  name: %s", e.name)
  add('  credit_code: "%s"', e.credit_code)
  add('  district: "%s"', e.district)
  add("  industry: %s", e.spec[1])
  if e.park then add("  park: %s", e.park) end
  add("  emits: [%s]", emits(e))
  if e.grade then add("  grade: %s", e.grade) end
  add("  class: %s", e.class)
  add("  day: %s", day_text(e.day))
  add("  lines:")
  for i = 1, e.n do add("%s", line_text(e, i)) end
  local outlets = outlets_text(e)
  if outlets then add("  outlets:\n%s", outlets) end
  add_measures(out, measures_of(e))
  add("  contacts: [%s]", contact(e.id, e.total_number))
  return table.concat(out, "\n")
end

-- Sites and fleets --------------------------------------------------------------------------------------------------

-- phase, name, livelihood, g of dust per m² and day, what stops when: {measure, share of the dust in %, from level}
local SITE_KINDS = {
  { "earthwork", "住宅项目工地", false, 45, { { "stop_earthwork", 62, 1 }, { "stop_muck_trucks", 18, 2 }, { "stop_spraying", 4, 2 }, { "stop_concrete", 6, 3 } } },
  { "earthwork", "厂房项目工地", false, 45, { { "stop_earthwork", 62, 1 }, { "stop_muck_trucks", 18, 2 }, { "stop_concrete", 6, 3 } } },
  { "earthwork", "热力管网改造工地", true, 40, { { "cover_and_wet", 30, 1 } } },
  { "structure", "商业综合体工地", false, 22, { { "cover_and_wet", 20, 1 }, { "stop_muck_trucks", 25, 2 }, { "stop_spraying", 10, 2 }, { "stop_concrete", 20, 3 } } },
  { "demolition", "房屋拆除工地", false, 60, { { "stop_demolition", 55, 1 }, { "stop_muck_trucks", 30, 2 } } },
  { "stockpile", "砂石堆场", false, 30, { { "cover_and_wet", 35, 1 }, { "stop_loading", 40, 2 } } },
  { "road", "道路改造工地", false, 35, { { "stop_earthwork", 45, 1 }, { "stop_asphalt", 20, 2 } } },
  { "finishing", "装饰装修工地", false, 8, { { "stop_spraying", 40, 2 } } },
}
local SITES, SITE_TARGET = 72, 22        -- how many, and what they emit together, t/d

local function site_measures(kind, dust)
  local lists = {}
  for level = 1, 3 do
    local list = {}
    for _, m in ipairs(kind[5]) do
      if m[3] <= level then
        list[#list + 1] = string.format("{do: %s, cut: {pm: %s}}", m[1], tonnes(dust * m[2] // 100))
      end
    end
    lists[level] = list
  end
  return levels(lists[1], lists[2], lists[3])
end
local function site_text(s, dust)
  local out = {}
  local function add(...) out[#out + 1] = string.format(...) end
  add('- id: "%s"', s.id)
  add("  kind: site")
  add("  name: %s", s.name)
  add('  district: "%s"', s.district)
  add("  phase: %s", s.kind[1])
  add("  livelihood: %s", tostring(s.kind[3]))
  add("  area_m2: %d", s.area)
  add("  day: {so2: 0, nox: 0, pm: %s, vocs: 0}", tonnes(dust))
  add_measures(out, site_measures(s.kind, dust))
  add("  contacts: [%s]", contact(s.id, 5000 + s.number))
  return table.concat(out, "\n")
end
local function sites_text()
  local sites, sum, out = {}, 0, {}
  for i = 1, SITES do
    local kind = SITE_KINDS[(i - 1) % #SITE_KINDS + 1]
    local district = weighted(EVERYWHERE)
    local area = between(8, 90) * 1000
    sites[i] = { kind = kind, district = district, number = i, area = area, id = string.format("S%s-%03d", district, i),
                 name = "沈阳示例" .. brand() .. kind[2] }
    sum = sum + area * kind[4]
  end
  for i, s in ipairs(sites) do
    out[i] = site_text(s, s.area * s.kind[4] * SITE_TARGET * 10000 // sum)
  end
  return table.concat(out, "\n")
end

local FLEETS = 48
local GRAMS = { [3] = { nox = 9, pm = 3 }, [4] = { nox = 7, pm = 1 }, [5] = { nox = 5, pm = 0 }, [6] = { nox = 1, pm = 0 } } -- g/km, 0.1 g/km
local KM = 160                           -- a heavy truck's day
local function fleet_cut(vehicles, stage)
  local nox, pm = 0, 0
  for s = 3, stage do
    nox = nox + vehicles[s] * KM * GRAMS[s].nox
    pm = pm + vehicles[s] * KM * GRAMS[s].pm // 10
  end
  return string.format("{do: ban_trucks, stage_at_most: %d, cut: {nox: %s, pm: %s}}", stage, tonnes(nox // 100),
                       tonnes(pm // 100))
end
local function fleet_text(i)
  local district, trade = weighted(INDUSTRIAL), pick { "物流", "货运", "渣土运输", "冷链物流", "仓储物流", "钢材市场" }
  local id = string.format("V%s-%03d", district, i)
  local v = { [3] = between(4, 30), [4] = between(20, 80), [5] = between(40, 140), [6] = between(30, 120) }
  local out = {}
  local function add(...) out[#out + 1] = string.format(...) end
  add('- id: "%s"', id)
  add("  kind: fleet")
  add("  name: 沈阳示例%s%s有限公司", brand(), trade)
  add('  district: "%s"', district)
  add("  vehicles_day: %d", v[3] + v[4] + v[5] + v[6])
  add('  stages: {"3": %d, "4": %d, "5": %d, "6": %d}', v[3], v[4], v[5], v[6])
  add_measures(out, levels({ fleet_cut(v, 3) }, { fleet_cut(v, 4) }, { fleet_cut(v, 4), BAN_MACHINES }))
  add("  contacts: [%s]", contact(id, 6000 + i))
  return table.concat(out, "\n")
end

-- Offices and the patrol grid ---------------------------------------------------------------------------------------

local offices, cells = {}, {}
local function office(id, name, district, role, park)
  offices[#offices + 1] = string.format('- id: %s\n  kind: office\n  name: %s\n  district: "%s"\n  role: %s\n%s  contacts: [%s]', id,
    name, district, role, park and "  park: " .. park .. "\n" or "", contact(id, 7000 + #offices))
end
local function cell(id, name, level, parent, lon, lat, office_id)
  cells[#cells + 1] = string.format("  - {id: %s, name: %s, level: %s%s, lon: %.4f, lat: %.4f, office: %s}", id, name, level,
    parent and ", parent: " .. parent or "", lon, lat, office_id)
end
local TOWNS, VILLAGES, GROUPS = { "示例东镇", "示例西镇" }, { "榆树村", "柳河村" }, { "一组", "二组" }

local function grid_of(d)
  local code, name, lon, lat = d[1], d[2], d[3], d[4]
  cell("g" .. code, name, "county", nil, lon, lat, "duty-" .. code)
  for t, town in ipairs(TOWNS) do
    local tid, tlon = string.format("g%s-%02d", code, t), lon + (t == 1 and 0.08 or -0.08)
    office("grid-" .. tid, name .. town .. "环保网格办", code, "grid")
    cell(tid, name .. town, "town", "g" .. code, tlon, lat, "grid-" .. tid)
    for v, village in ipairs(VILLAGES) do
      local vid, vlat = string.format("%s-%02d", tid, v), lat + (v == 1 and 0.03 or -0.03)
      office("grid-" .. vid, town .. village .. "村委会", code, "grid")
      cell(vid, town .. village, "village", tid, tlon, vlat, "grid-" .. vid)
      for g, group in ipairs(GROUPS) do
        local gid = vid .. "-" .. g
        office("grid-" .. gid, village .. group .. "网格员", code, "grid")
        cell(gid, village .. group, "group", vid, tlon + (g == 1 and 0.01 or -0.01), vlat, "grid-" .. gid)
      end
    end
  end
end
local FARMLAND = { ["210111"] = true, ["210112"] = true, ["210113"] = true, ["210114"] = true, ["210115"] = true,
                   ["210123"] = true, ["210124"] = true, ["210181"] = true }
office("duty-210100", "沈阳市重污染天气应急指挥部办公室", "210106", "city")
office("enforcement-210100", "沈阳市生态环境综合行政执法队", "210106", "city")
for _, d in ipairs(DISTRICTS) do
  office("duty-" .. d[1], d[2] .. "重污染天气应急值守", d[1], "district")
  office("enforcement-" .. d[1], d[2] .. "生态环境执法大队", d[1], "enforcement")
  if FARMLAND[d[1]] then grid_of(d) end
end
for i = 1, 3 do
  office("park-" .. PARKS[i].district, PARKS[i].name .. "管委会值班室", PARKS[i].district, "park", PARKS[i].name)
end

-- Files -------------------------------------------------------------------------------------------------------------

local HEAD = "# 由 generate.lua 生成（示例数据，非真实企业）。Made by generate.lua; everything in it is invented.\n"
local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(HEAD, text, "\n")
  file:close()
end

local by_district = {}
for _, e in ipairs(enterprises) do
  scale(e)
  by_district[e.district] = by_district[e.district] or {}
  table.insert(by_district[e.district], e)
end
for _, d in ipairs(DISTRICTS) do
  local list = by_district[d[1]]
  table.sort(list, function(a, b) return a.id < b.id end)
  local parts = { string.format("# %s（%s）：%d 家工业企业", d[2], d[1], #list) }
  for _, e in ipairs(list) do parts[#parts + 1] = enterprise_text(e) end
  write("registry/" .. d[1] .. ".yaml", table.concat(parts, "\n"))
end
write("registry/dust_sites.yaml", "# 扬尘源：工地、拆除、道路、堆场\n" .. sites_text())
local fleets = {}
for i = 1, FLEETS do fleets[i] = fleet_text(i) end
write("registry/vehicle_users.yaml", "# 移动源：重点用车企业（日进出 10 辆次以上）\n" .. table.concat(fleets, "\n"))
write("registry/offices.yaml", "# 值守、执法、园区与网格单位\n" .. table.concat(offices, "\n"))
write("grid.yaml", "# 秸秆焚烧四级巡查网格：县、乡、村、组\ncells:\n" .. table.concat(cells, "\n"))

local function sector(t)
  return string.format("{so2: %d, nox: %d, pm: %d, vocs: %d}", t.so2, t.nox, t.pm, t.vocs)
end
local industry = {}
for _, p in ipairs(POLLUTANTS) do industry[p] = TARGET[p] + UNLISTED[p] end
write("inventory.yaml", "# 全社会日排放量（t/d），减排比例的分母：工业、移动源、扬尘、其他（民用、餐饮、农业等）\nday:\n  industry: "
  .. sector(industry) .. "\n  mobile: " .. sector(CITY.mobile) .. "\n  dust: " .. sector(CITY.dust) .. "\n  other: "
  .. sector(CITY.other))
