-- 库函数：可用的都在，结果与 Lua 手册一致，遍历次序固定。
local function is(got, wanted)
  if got ~= wanted then error("wanted " .. tostring(wanted) .. ", got " .. tostring(got)) end
end

-- pairs: numbers rising, then texts bytewise
local order = {}
for key in pairs({ b = 1, a = 2, [3] = 1, [1] = 1, B = 1, [2.5] = 1, ["10"] = 1, [-1] = 1 }) do
  order[#order + 1] = tostring(key)
end
is(table.concat(order, " "), "-1 1 2.5 3 10 B a b")
local sum = 0
for i, value in ipairs({ 1, 2, 3, nil, 5 }) do sum = sum + i * value end
is(sum, 14)

-- tostring tells no addresses
is(tostring({}), "table") is(tostring(tostring), "function") is(tostring(nil), "nil")
is(tostring(0/0), "nan") is(tostring(-(0/0)), "nan") is(tostring(1.5), "1.5") is(tostring(10 // 1), "10")
is(tonumber("0x10"), 16) is(tonumber("ff", 16), 255) is(tonumber("9x"), nil) is(tonumber("-z", 36), -35)
is(select("#", 1, nil, nil), 3) is(select(-1, 1, 2, 3), 3)

-- string
is(("abc"):upper(), "ABC") is(("x"):rep(3, "-"), "x-x-x") is(("abc"):reverse(), "cba") is(#"重", 3)
is(("abc"):sub(-2), "bc") is(("abc"):sub(2, 10), "bc") is(("abc"):sub(0), "abc") is(("abc"):sub(3, 2), "")
is(("abc"):byte(-1), 99) is(string.char(72, 105), "Hi") is(("a,b,,c"):split(",")[3], "") is(("  x "):trim(), "x")
is(("heavy-pollution"):startswith("heavy"), true) is(("abc"):endswith("bc"), true) is(("abc"):contains("d"), false)
is(("hello"):find("l"), 3) is(("hello"):find("l", 1, true), 3) is(("hello"):find("xyz"), nil) is(("hello"):find("", 10), nil)
is(("key=v"):match("(%w+)=(%w+)"), "key") is(("2026-01-14"):match("^%d+"), "2026")
is(("hello world"):gsub("o", "0"), "hell0 w0rld") is(("abc"):gsub("%w", "%0%0"), "aabbcc")
is(("abc"):gsub("", "-"), "-a-b-c-") is(("abc"):gsub("b", { b = "x" }), "axc") is(("abc"):gsub("b", false or { b = false }), "abc")
is(("abc"):gsub("%w", function(c) return c:upper() end, 2), "ABc") is(select(2, ("aaa"):gsub("a", "b")), 3)
local words = {}
for word in ("one two  three"):gmatch("%a+") do words[#words + 1] = word end
is(table.concat(words, "|"), "one|two|three")
is(("%d|%5.1f|%-4s|%04d|%x|%%|%c"):format(7, 2.25, "ab", 42, 255, 65), "7|  2.2|ab  |0042|ff|%|A")
is(("%s %s %s"):format(nil, true, {}), "nil true table")

-- table
local t = { 3, 1, 2 }
table.sort(t) is(table.concat(t, ","), "1,2,3")
table.sort(t, function(a, b) return a > b end) is(table.concat(t, ","), "3,2,1")
local people = { { "b", 1 }, { "a", 1 }, { "c", 0 } }
table.sort(people, function(a, b) return a[2] < b[2] end)
is(people[1][1] .. people[2][1] .. people[3][1], "cba") -- stable
table.insert(t, 4) table.insert(t, 1, 0) is(table.concat(t, ","), "0,3,2,1,4") is(table.remove(t, 1), 0) is(table.remove(t), 4)
is(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ","), "1,1,2,3") is(table.unpack({ 7, 8 }, 2), 8) is(table.pack(1, nil).n, 2)
is(table.concat({}, ","), "") is(table.concat({ 1, 2, 3 }, "-", 2, 3), "2-3")

-- math, utf8
is(math.max(1, 5, 3), 5) is(math.min(2, -1), -1) is(math.floor(-1.5), -2) is(math.ceil(1.2), 2) is(math.abs(-3), 3)
is(math.type(1), "integer") is(math.type(1.0), "float") is(math.tointeger(3.0), 3) is(math.fmod(7, -3), 1) is(math.sqrt(16), 4.0)
is(utf8.len("重污染"), 3) is(utf8.sub("重污染天气", 2, 3), "污染") is(utf8.sub("重污染", -1), "染") is(utf8.char(37325), "重")
is(utf8.codepoint("重", 1), 37325) is(utf8.len("\xff"), nil)
local count = 0
for _, code in utf8.codes("a重") do count = count + code end
is(count, 97 + 37325)

return watch "library" { per = stations {}, when = { observed = "pm25", above = 1 } }
