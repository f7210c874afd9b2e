-- 状态不能比大小，数值没有状态
return watch "w" {
  per = stations {},
  when = any { { observed = "gate_state", above = 1 },
               { observed = "pm25", is = "open" },
               { observed = "gate_state", is = "opened" } },
}
-- expect: 4:43 R025
-- expect: 5:37 R025
-- expect: 6:43 R025 | open
