-- 词表里的每个词都用到一次。
return {
  warning "heavy-pollution" {
    title = "重污染天气预警", basis = doc { "plan", article = "4.2.1" },
    area = p.city, only = { primary = { "pm25", "o3" } }, downgrade = "follow",
    lead = "60h", merge_within = "36h",
    levels = {
      { "yellow", approve = "auto", response = "三级", issue_when = any {
          { timeline = "aqi_day", above = p.dated, lasting = p.spans.day },
          { timeline = "aqi_day", above = 150, lasting = "48h" } } },
      { "red", issue_when = all {
          { timeline = "aqi_day", above = 200, lasting = "72h" },
          { forecast = "aqi_day", at_least = 301, lasting = "1d" } } },
    },
    lift_when = all { { observed = "aqi_24h", at_most = p.medium },
                      { forecast = "aqi_day", below = 150, lasting = "36h" } },
  },

  watch "gate" {
    basis = doc "opinion", per = lines { has = "production_kw", park = p.parks }, on_unknown = "hold",
    levels = {
      { "half", when = { observed = "gate_state", is = "open" } },
      { "full", when = all { { observed = "gate_state", one_of = { "open", "closed" } },
                             { observed = "production_kw", above = limit "running" },
                             lasting = "15m" } },
    },
    steps = { { to = "enterprise", text = "请核查" }, { lasting = "1h", to = "district" } },
    clear_when = { observed = "gate_state", is = "closed" },
  },

  watch "spill" {
    per = event { kind = { "spill", "leak" }, at_least = { confidence = 0.8 }, merge = { "1.5km", "3h" } },
    steps = {
      { to = grid "county" },
      { after = "10m", unless = "acknowledged", to = within { "500m", who = sites { phase = "earthwork" } } },
      { after = "20m", unless = "done", to = downwind { "2km", who = enterprises { emits = "vocs" } } },
      { after = "30m", to = within { "1km" } },
      { after = "40m", to = "duty-1" },
    },
    clear_when = { receipt = "done" },
  },

  watch "furnace" {
    per = outlets { kind = "furnace", grade = "B" },
    when = { observed = "nox_zs", above = limit "nox", lasting = "2h" },
  },

  watch "city" { area = "210100", when = { observed = "aqi_24h", above = 300 } },
  watch "station" { per = stations { group = { "centre", "south" } }, when = { observed = "pm25", above = 500 } },

  rota "ozone" {
    during = season "11-01 .. 03-31", on = { forecast = "iaqi_o3_day", above = 100 },
    hours = "20:00 .. 07:00", days = "workdays", lead = "12h",
    who = enterprises { park = p.parks, emits = { "vocs" } }, except = enterprises { grade = { "A", "leading" } },
    measure = "limit", percent = 30, percent_of = "按前一年日均产量",
  },
  rota "heating" { during = calendar "heating", who = enterprises {}, measure = "ban_trucks", stage_at_most = 4 },
  rota "dust" {
    during = level { "heavy-pollution", at_least = "yellow" }, who = sites { livelihood = false },
    measure = "stop_earthwork",
  },
}
