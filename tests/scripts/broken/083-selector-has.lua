-- has 的序列不认识
return watch "w" {
  per = lines { has = { "production_kw", "treatment_wk" } },
  when = { observed = "production_kw", above = 5 },
}
-- expect: 3:17 R009 | treatment_kw
