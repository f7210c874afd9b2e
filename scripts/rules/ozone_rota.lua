-- 臭氧季错峰：5 月至 9 月，预报臭氧分指数超标的日子，园区涉 VOCs 企业白天停涉 VOCs 工序。
-- A 级、引领性企业不参加。
return rota "ozone-season" {
  title  = "臭氧季错峰生产", basis = doc "action",
  during = season(p.ozone.season),
  on     = { forecast = "iaqi_o3_day", above = p.ozone.above },
  hours  = p.ozone.hours,
  who    = enterprises { park = p.ozone_parks, emits = "vocs" },
  except = enterprises { grade = { "A", "leading" } },
  measure = "stop_voc_process",
}
