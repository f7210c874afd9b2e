-- merge 要距离和时长
return watch "w" {
  per = event { kind = "straw_fire", merge = { "3h", "2km" }, at_least = 0.8 },
  steps = { { to = "district" } },
}
-- expect: 3:48 R004
-- expect: 3:54 R004
-- expect: 3:63 R003
