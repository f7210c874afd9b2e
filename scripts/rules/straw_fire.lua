-- 秸秆火点四级巡查：先到组，逾时未办结，依次报村、乡镇、区县。
-- 2 公里、3 小时以内的火点算同一处。
local s = p.straw

return watch "straw-fire" {
  title = "秸秆火点巡查", basis = doc "straw",
  per   = event { kind = "straw_fire", at_least = { confidence = s.confidence },
                  merge = { s.merge_distance, s.merge_span } },
  steps = {
    { to = grid "group", text = "立即到现场查看并扑灭，反馈照片" },
    { after = s.village_after, unless = "done", to = grid "village", text = "组级逾时未办结，请村级到场" },
    { after = s.town_after,    unless = "done", to = grid "town",    text = "村级逾时未办结，请乡镇到场" },
    { after = s.county_after,  unless = "done", to = grid "county",  text = "乡镇逾时未办结，请区县督办" },
  },
  clear_when = { receipt = "done" },
}
