-- 供热锅炉氮氧化物连续超标：2 小时由区县核查，4 小时由执法队手工比对。
-- 限值是该排口自己的限值（名录 outlets.limits）。数据中断按任务派人核查，不让不传数据的占便宜。
return watch "boiler-exceedance" {
  title = "供热锅炉连续超标", basis = doc "boilers",
  per   = outlets { kind = "heating_boiler" }, on_unknown = "task",
  when  = { observed = "nox_zs", above = limit "nox" },
  steps = {
    { lasting = p.boiler.check_after,   to = "district",    text = "核查启停与治污设施" },
    { lasting = p.boiler.compare_after, to = "enforcement", text = "立即手工比对监测" },
  },
  clear_when = { observed = "nox_zs", at_most = limit "nox" },
}
