-- 共同持续的 all 里，条款不能另写时长，步长也要相同
return watch "w" {
  per = lines {},
  when = all { { observed = "production_kw", above = 5, lasting = "15m" },
               { observed = "treatment_kw", at_most = 1 }, lasting = "15m" },
  clear_when = all { { observed = "production_kw", at_most = 5 },
                     { observed = "nox_zs", at_most = 1 }, lasting = "2h" },
}
-- expect: 4:3 R008
-- expect: 6:3 R008
