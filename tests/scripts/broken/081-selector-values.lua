-- 园区、行业、等级、类别写错；谁也没有的值给提示
return rota "r" {
  during = season "05-01 .. 09-30", measure = "stop",
  who = enterprises { park = "示例化学园", grade = "A++", class = "normla", emits = "voc" },
  except = enterprises { industry = "foundary", name = "无此企业", park = "示例汽车园" },
}
-- expect: 4:23 R013 | 示例化工园
-- expect: 4:39 R013 | A+
-- expect: 4:54 R013 | normal
-- expect: 4:72 R013 | vocs
-- expect: 5:26 R013 | foundry
-- expect: 5:49 R026
-- expect: 5:64 R026
