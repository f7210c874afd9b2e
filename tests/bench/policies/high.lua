-- 排口氮氧化物超标：每个值都要看，只是从不触发。
return watch "high" {
  title = "排口超标", per = outlets { kind = "bench" }, on_unknown = "hold",
  when  = { observed = "nox_zs", above = 5000, lasting = "3h" },
  steps = { { to = "enterprise", text = "请核查治污设施" } },
  clear_when = { observed = "nox_zs", at_most = 5000 },
}
