-- 治污设施未运行而生产：生产设施有功率、治污设施没有，且同时持续一段时间。
-- 判定功率在 policy.yaml 的 figures.limits；某条生产线不同的，写在名录该生产线的 limits。
return watch "treatment-off" {
  title = "生产时治污设施未运行", basis = doc "guide",
  per   = lines { has = { "production_kw", "treatment_kw" } }, on_unknown = "task",
  when  = all { { observed = "production_kw", above   = limit "running" },
                { observed = "treatment_kw",  at_most = limit "off" },
                lasting = p.treatment.notice_after },
  steps = {
    { to = "enterprise", text = "请立即核查治污设施运行情况并反馈" },
    { lasting = p.treatment.enforce_after, to = "enforcement", text = "现场核查治污设施运行情况" },
  },
  clear_when = { observed = "treatment_kw", above = limit "off" },
}
