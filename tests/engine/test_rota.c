/* Rotas: windows on the calendar, and measures that join a warning's plan. */
#include "rig.h"
#include <criterion/criterion.h>

static const char REGISTRY[] =
    "- id: \"210106-0001\"\n"
    "  name: 沈阳示例涂装有限公司\n"
    "  credit_code: 91210106XXXXXXXXXX\n"
    "  district: \"210106\"\n"
    "  industry: foundry\n"
    "  park: 经开区化工园\n"
    "  emits: [vocs]\n"
    "  grade: C\n"
    "  class: normal\n"
    "  day: {so2: 0, nox: 0, pm: 0, vocs: 1}\n"
    "  lines: [{id: L1, name: 1号线, day: {so2: 0, nox: 0, pm: 0, vocs: 1}}]\n"
    "  measures: {yellow: [], orange: [{do: stop, lines: [L1]}], red: [{do: stop, lines: [L1]}]}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"
    "- id: \"210106-0002\"\n"
    "  name: 沈阳示例精细化工有限公司\n"
    "  credit_code: 91210106XXXXXXXXXX\n"
    "  district: \"210106\"\n"
    "  industry: foundry\n"
    "  park: 经开区化工园\n"
    "  emits: [vocs]\n"
    "  grade: A\n"
    "  class: normal\n"
    "  day: {so2: 0, nox: 0, pm: 0, vocs: 1}\n"
    "  lines: [{id: L1, name: 1号线, day: {so2: 0, nox: 0, pm: 0, vocs: 1}}]\n"
    "  measures: {yellow: [], orange: [], red: []}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"
    "- id: site-1\n"
    "  kind: site\n"
    "  name: 示例工地\n"
    "  district: \"210106\"\n"
    "  phase: earthwork\n"
    "  livelihood: false\n"
    "  measures: {yellow: [], orange: [], red: []}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n";
static const char MEASURES[] = "measures:\n"
                               "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控, "
                               "reversible: true, scope: all}\n"
                               "  stop_voc_process: {kind: stop, text: "
                               "\"{lines}涉VOCs工序停止生产\", proof: 用电监控, reversible: "
                               "true, scope: vocs}\n"
                               "  stop_earthwork: {kind: other, text: \"停止土石方作业\", proof: "
                               "视频监控, reversible: true}\n";
static const char OZONE[] = "  iaqi_o3_day: {kind: iaqi, pollutant: o3, step: 24h, span: 24h}\n";
static const char ROTA[] =
    "return rota \"ozone-season\" { title = \"臭氧季错峰\",\n"
    "  during = season \"05-01 .. 09-30\", on = { forecast = \"iaqi_o3_day\", above = 100 },\n"
    "  hours = \"09:00 .. 18:00\",\n"
    "  who = enterprises { park = \"经开区化工园\", emits = \"vocs\" },\n"
    "  except = enterprises { grade = { \"A\", \"leading\" } },\n"
    "  measure = \"stop_voc_process\" }\n";

static const struct rig ozone = {
    .rule = ROTA, .registry = REGISTRY, .measures = MEASURES, .series = OZONE};

Test(rota, a_window_runs_from_nine_to_six_on_days_that_are_forecast_bad)
{
    rig_expect(&ozone,
               "@2026-06-01T16:00 forecast iaqi_o3_day 2026-06-01 90 120 90\n"
               "@2026-06-03T08:00 tick\n",
               "06-02T09:00 rota_start - -\n06-02T09:00 order - - to 210106-0001\n"
               "06-02T18:00 rota_end - -\n06-02T18:00 release - - to 210106-0001\n");
}

Test(rota, outside_the_season_nothing_happens)
{
    rig_expect(&ozone,
               "@2026-04-28T16:00 forecast iaqi_o3_day 2026-04-28 90 120 120 120\n"
               "@2026-05-01T08:00 tick\n",
               "");
}

Test(rota, a_bulletin_may_start_a_window_that_has_begun)
{
    rig_expect(&ozone,
               "@2026-06-01T16:00 forecast iaqi_o3_day 2026-06-01 90 90\n"
               "@2026-06-02T11:00 forecast iaqi_o3_day 2026-06-02 130 90\n"
               "@2026-06-02T20:00 tick\n",
               "06-02T11:00 rota_start - -\n06-02T11:00 order - - to 210106-0001\n"
               "06-02T18:00 rota_end - -\n06-02T18:00 release - - to 210106-0001\n");
}

Test(rota, an_unknown_forecast_orders_nothing)
{
    rig_expect(&ozone,
               "@2026-06-01T16:00 forecast iaqi_o3_day 2026-06-01 90 ?\n"
               "@2026-06-02T20:00 tick\n",
               "");
}

Test(rota, a_rota_with_lead_is_ordered_ahead)
{
    struct rig rig = ozone;
    rig.rule =
        "return rota \"r\" { title = \"t\", lead = \"15h\",\n"
        "  during = season \"05-01 .. 09-30\", on = { forecast = \"iaqi_o3_day\", above = 100 },\n"
        "  hours = \"09:00 .. 18:00\", who = enterprises { emits = \"vocs\" },\n"
        "  except = enterprises { grade = \"A\" }, measure = \"stop_voc_process\" }\n";
    rig.kinds = "rota_start rota_end";
    rig_expect(&rig,
               "@2026-06-01T16:00 forecast iaqi_o3_day 2026-06-01 90 120 130 90\n"
               "@2026-06-04T20:00 tick\n",
               "06-01T18:00 rota_start - -\n06-02T18:00 rota_end - -\n"
               "06-02T18:00 rota_start - -\n06-03T18:00 rota_end - -\n");
}

Test(rota, a_whole_day_season_is_one_window)
{
    struct rig rig = ozone;
    rig.rule = "return rota \"kiln\" { title = \"水泥错峰\", during = season \"11-01 .. 03-31\",\n"
               "  who = enterprises { emits = \"vocs\" }, measure = \"stop\" }\n";
    rig.kinds = "rota_start rota_end";
    rig_expect(&rig, "@2026-10-30T16:00 s1 pm25 30\n@2027-04-02T00:00 tick\n",
               "11-01T00:00 rota_start - -\n04-01T00:00 rota_end - -\n");
}

Test(rota, dust_sites_join_the_warnings_plan)
{
    struct rig rig = ozone;
    rig.rule = "return { warning \"heavy-pollution\" { title = \"重污染天气预警\", area = "
               "\"210100\",\n" LADDER_ISSUE LADDER_LIFT "},\n"
               "rota \"dust-sites\" { title = \"扬尘\", during = level { \"heavy-pollution\", "
               "at_least = \"yellow\" },\n"
               "  who = sites { phase = \"earthwork\" }, except = sites { livelihood = true },\n"
               "  measure = \"stop_earthwork\" } }\n";
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 210 210 80 80\n"
               "@2015-11-02T11:00 forecast aqi_day 2015-11-02 80 80 80 80 80\n",
               "11-01T16:00 issue - yellow\n11-01T16:00 order - yellow to site-1\n"
               "11-02T10:00 raise yellow orange\n11-02T10:00 order yellow orange to 210106-0001\n"
               "11-02T11:00 lift orange -\n11-02T11:00 release orange - to 210106-0001\n"
               "11-02T11:00 release orange - to site-1\n");
}

Test(rota, an_overlap_orders_and_releases_only_what_changes)
{
    /* The rota stops the line from nine to six; the warning's orange stop comes and goes around it.
     */
    struct rig rig = ozone;
    rig.kinds = "order release issue lift rota_start rota_end";
    rig.rule =
        "return { warning \"heavy-pollution\" { title = \"t\", area = \"210100\", levels = {\n"
        "    { \"orange\", issue_when = { timeline = \"aqi_day\", above = 200 } } },\n"
        "    lift_when = { forecast = \"aqi_day\", at_most = 150, lasting = \"24h\" } },\n"
        "  rota \"kiln\" { title = \"错峰\", during = season \"11-01 .. 11-02\",\n"
        "    who = enterprises { grade = \"C\" }, measure = \"stop\" } }\n";
    rig_expect(&rig,
               "@2015-10-31T16:00 forecast aqi_day 2015-10-31 80 210 80 80 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 80 80 80\n"
               "@2015-11-03T10:00 tick\n",
               "10-31T16:00 issue - orange\n10-31T16:00 order - orange to 210106-0001\n"
               "11-01T00:00 rota_start - -\n"
               "11-02T00:30 lift orange -\n"
               "11-03T00:00 rota_end - -\n11-03T00:00 release - - to 210106-0001\n");
}

Test(rota, a_bulletin_that_is_too_old_is_told_at_the_window)
{
    struct rig rig = ozone;
    rig.words = true;
    rig_expect(&rig,
               "@2026-06-01T16:00 forecast iaqi_o3_day 2026-06-01 90 90 120 120\n"
               "@2026-06-04T20:00 tick\n",
               "06-03T09:00 alarm - -\n"
               "  no bulletin in force for iaqi_o3_day: the last is too old\n");
}
