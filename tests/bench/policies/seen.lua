-- 一个事件，一件任务，发给旁边的那一家。
return watch "seen" {
  title = "异味投诉", per = event { kind = "odour", merge = { "1m", "1m" } },
  steps = { { to = within { "100m", who = enterprises {} }, text = "请立即核查并反馈" } },
  clear_when = { receipt = "done" },
}
