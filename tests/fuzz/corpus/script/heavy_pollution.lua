-- 重污染天气预警：何时发布、升级、降级、解除。
-- 依据环大气〔2024〕6号，按市应急预案执行；数值写在 policy.yaml 的 figures.levels，不写在这里。
local l = p.levels

return warning "heavy-pollution" {
  title = "重污染天气预警", basis = doc "plan",
  area  = p.city, only = { primary = "pm25" },        -- 沙尘、臭氧过程走告知程序，不发本预警
  levels = {
    { "yellow", issue_when = any {
        { timeline = "aqi_day", above = l.heavy,  lasting = l.yellow.heavy_for },
        { timeline = "aqi_day", above = l.medium, lasting = l.yellow.medium_for } } },
    { "orange", issue_when = any {
        { timeline = "aqi_day", above = l.heavy,  lasting = l.orange.heavy_for },
        { timeline = "aqi_day", above = l.medium, lasting = l.orange.medium_for } } },
    { "red", issue_when = all {
        { timeline = "aqi_day", above = l.heavy,  lasting = l.red.heavy_for },
        { timeline = "aqi_day", above = l.severe, lasting = l.red.severe_for } } },
  },
  lift_when = all {
    { observed = "aqi_24h", at_most = l.medium },
    { forecast = "aqi_day", at_most = l.medium, lasting = l.lift_for } },
  lead = l.lead, merge_within = l.merge_within,
}
