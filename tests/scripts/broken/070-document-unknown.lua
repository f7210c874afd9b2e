-- 依据的文件不在 documents 里，或没有用 doc
return {
  watch "w" { basis = doc "paln", per = stations {}, when = { observed = "pm25", above = 1 } },
  watch "v" { basis = "plan", per = stations {}, when = { observed = "pm25", above = 1 } },
  watch "u" { basis = doc { "plan", clause = "4.2" }, per = stations {}, when = { observed = "pm25", above = 1 } },
}
-- expect: 3:15 R021 | plan
-- expect: 4:15 R003
-- expect: 5:37 R001
