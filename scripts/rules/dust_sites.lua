-- 扬尘：预警期间土石方工地停工，民生保障工程除外。与预警同一份方案、同一次审批。
return rota "dust-sites" {
  title  = "预警期间工地停土石方", basis = doc "plan",
  during = level { "heavy-pollution", at_least = "yellow" },
  who    = sites { phase = "earthwork" },
  except = sites { livelihood = true },
  measure = "stop_earthwork",
}
