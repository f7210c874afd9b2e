#include "plan_town.h"

#include "base/err.h"
#include "base/xalloc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char policy_text[] =
    "authority: 示例市重污染天气应急指挥部\n"
    "city: \"210100\"\n"
    "zone: Asia/Shanghai\n"
    "valid_from: 2013-01-01\n"
    "documents:\n"
    "  plan: {title: 示例预案, number: 示例〔2024〕1号, date: 2024-12-16}\n"
    "areas:\n"
    "  - {code: \"210100\", name: 示例市, stations: [s1]}\n"
    "stations:\n"
    "  - {id: s1, name: 一号站}\n"
    "pollutants: [pm25, o3]\n"
    "levels:\n"
    "  - {name: yellow, title: 黄色, response: Ⅲ级, share: 10}\n"
    "  - {name: orange, title: 橙色, response: Ⅱ级, share: 20}\n"
    "  - {name: red, title: 红色, response: Ⅰ级, share: 30}\n"
    "rules: [warning.lua, ozone.lua, dust.lua]\n"
    "figures:\n"
    "  law:\n"
    "    - {valid_from: 2013-01-01, value: 旧法}\n"
    "    - {valid_from: 2026-08-15, value: 新法}\n";

static const char series_text[] =
    "series:\n"
    "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: "
    "5000, valid: N}\n"
    "  o3: {kind: measured, pollutant: o3, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 2000, "
    "valid: N}\n"
    "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
    "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n"
    "  iaqi_o3_day: {kind: iaqi, pollutant: o3, step: 24h, span: 24h}\n";

static const char measures_text[] =
    "measures:\n"
    "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控, reversible: true, scope: "
    "all}\n"
    "  limit: {kind: limit, text: \"{lines}限产{percent}%（{basis}）\", proof: 生产台账, "
    "reversible: true, scope: all}\n"
    "  stop_vocs: {kind: stop, text: \"{lines}涉VOCs工序停止生产\", proof: 用电监控, reversible: "
    "true, scope: vocs}\n"
    "  ban_trucks: {kind: ban, text: \"停用国{stage}及以下货车\", proof: 门禁记录, reversible: "
    "true, scope: all}\n"
    "  no_restart: {kind: other, text: 不得复产, reversible: true, scope: all}\n"
    "  stop_earthwork: {kind: stop, text: 停止土石方作业, proof: 视频监控, reversible: true, "
    "scope: all}\n";

static const char registry_text[] =
    "- id: a1\n  name: 示例优等有限公司\n  district: \"210102\"\n  industry: other\n  emits: "
    "[vocs]\n  grade: A\n"
    "  park: 示例园区\n  day: {so2: 0, nox: 0, pm: 0, vocs: 0.1}\n"
    "  lines: [{id: L1, name: 1#线, day: {so2: 0, nox: 0, pm: 0, vocs: 0.1}}]\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- id: f1\n  name: 示例铸造有限公司\n  district: \"210102\"\n  industry: foundry\n  emits: "
    "[so2, nox, pm, vocs]\n"
    "  grade: C\n  day: {so2: 0.01, nox: 0.03, pm: 0.12, vocs: 0.05}\n"
    "  lines:\n"
    "    - {id: L1, name: 1#中频炉, day: {so2: 0.005, nox: 0.015, pm: 0.06, vocs: 0.025}, "
    "safe_minimum: 保温不低于20%}\n"
    "    - {id: L2, name: 2#中频炉, day: {so2: 0.005, nox: 0.015, pm: 0.06, vocs: 0.025}}\n"
    "  measures:\n"
    "    yellow: [{do: stop, lines: [L2]}]\n"
    "    orange: [{do: stop, lines: [L1, L2]}, {do: ban_trucks, stage_at_most: 4}]\n"
    "    red: [{do: stop, lines: [L1, L2]}, {do: ban_trucks, stage_at_most: 5}]\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- id: h1\n  name: 示例供热有限公司\n  district: \"210103\"\n  industry: other\n  emits: "
    "[nox]\n  class: guaranteed\n"
    "  day: {so2: 0, nox: 0.4, pm: 0, vocs: 0}\n"
    "  lines: [{id: L1, name: 1#锅炉, day: {so2: 0, nox: 0.4, pm: 0, vocs: 0}}]\n"
    "  measures:\n"
    "    yellow: [{do: limit, percent: 5, basis: 按核定最大负荷}]\n"
    "    orange: [{do: limit, percent: 10, basis: 按核定最大负荷}]\n"
    "    red: [{do: limit, percent: 10, basis: 按核定最大负荷}]\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- id: p1\n  name: 示例印刷有限公司\n  district: \"210103\"\n  industry: other\n  emits: "
    "[vocs]\n  grade: B\n"
    "  park: 示例园区\n  day: {so2: 0, nox: 0, pm: 0, vocs: 0.24}\n"
    "  lines: [{id: L1, name: 1#机组, day: {so2: 0, nox: 0, pm: 0, vocs: 0.24}}]\n"
    "  measures:\n"
    "    red: [{do: stop}]\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- id: q1\n  name: 示例停产有限公司\n  district: \"210103\"\n  industry: other\n  emits: "
    "[pm]\n  grade: D\n"
    "  class: long_stopped\n  day: {so2: 0, nox: 0, pm: 0, vocs: 0}\n  contacts: [{name: 值班室, "
    "phone: \"1\"}]\n"
    "- id: s1\n  kind: site\n  name: 示例工地\n  district: \"210102\"\n  phase: earthwork\n  "
    "livelihood: false\n"
    "  day: {so2: 0, nox: 0, pm: 0.2, vocs: 0}\n"
    "  measures:\n    orange: [{do: stop_earthwork, cut: {pm: 0.15}}]\n    red: [{do: "
    "stop_earthwork, cut: {pm: 0.15}}]\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n"
    "- id: s2\n  kind: site\n  name: 示例民生工地\n  district: \"210102\"\n  phase: earthwork\n  "
    "livelihood: true\n"
    "  contacts: [{name: 值班室, phone: \"1\"}]\n";

static const char inventory_text[] = "day:\n"
                                     "  industry: {so2: 0.02, nox: 0.5, pm: 0.2, vocs: 0.4}\n"
                                     "  mobile: {so2: 0, nox: 0.2, pm: 0, vocs: 0.1}\n"
                                     "  dust: {so2: 0, nox: 0, pm: 0.3, vocs: 0}\n"
                                     "  other: {so2: 0.01, nox: 0, pm: 0, vocs: 0}\n";

static const char warning_text[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
    "  levels = {\n"
    "    { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 150 } },\n"
    "    { \"orange\", issue_when = { timeline = \"aqi_day\", above = 200 } },\n"
    "    { \"red\", issue_when = { timeline = \"aqi_day\", above = 300 } } },\n"
    "  lift_when = { observed = \"aqi_24h\", at_most = 150 },\n"
    "}\n";
static const char ozone_text[] = "return rota \"ozone-season\" {\n"
                                 "  title = \"臭氧季错峰\", basis = doc \"plan\",\n"
                                 "  during = season \"05-01 .. 09-30\", on = { forecast = "
                                 "\"iaqi_o3_day\", above = 100 }, hours = \"09:00 .. 18:00\",\n"
                                 "  who = enterprises { park = \"示例园区\", emits = \"vocs\" }, "
                                 "except = enterprises { grade = { \"A\", \"leading\" } },\n"
                                 "  measure = \"stop_vocs\",\n"
                                 "}\n";
static const char dust_text[] =
    "return rota \"dust-sites\" {\n"
    "  title = \"扬尘管控\", during = level { \"heavy-pollution\", at_least = \"yellow\" },\n"
    "  who = sites { phase = \"earthwork\" }, except = sites { livelihood = true }, measure = "
    "\"stop_earthwork\",\n"
    "}\n";

static const char new_text[] = "{name}：\n依据{document}{article}，自{effective}起{action}。\n{"
                               "measures}\n{proof}\n{law}\n{order}\n";
static const char changed_text[] =
    "{name}：\n自{effective}起{action}。\n{changes}\n全部：\n{measures}\n";
static const char released_text[] = "{name}：\n自{effective}起{action}，措施解除。\n";
static const char public_text_issue[] = "{title}\n{health}\n{recipients}家\n{shares}\n";

static void fail_with(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        fprintf(stderr, "%s:%d:%d: [%s] %s\n", findings->items[i].file, findings->items[i].line,
                findings->items[i].col, findings->items[i].code, findings->items[i].message);
    cr_assert_fail("the town's bundle is broken");
}

static const struct rule *rule_named(const struct town *town, const char *name)
{
    size_t count;
    const struct rule *rules = program_rules(town->program, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    cr_assert_fail("no rule %s", name);
    return NULL;
}

void town_open(struct town *town, bool with_notices)
{
    const struct {
        const char *name, *text;
    } files[] = {
        {"policy.yaml", policy_text},
        {"series.yaml", series_text},
        {"measures.yaml", measures_text},
        {"registry/list.yaml", registry_text},
        {"inventory.yaml", inventory_text},
        {"warning.lua", warning_text},
        {"ozone.lua", ozone_text},
        {"dust.lua", dust_text},
        {"notices/order_new.txt", new_text},
        {"notices/order_changed.txt", changed_text},
        {"notices/order_released.txt", released_text},
        {"notices/public_issue.txt", public_text_issue},
        {"notices/health_yellow.txt", "黄色健康提示\n"},
        {"notices/health_orange.txt", "橙色健康提示\n"},
        {"notices/health_red.txt", "红色健康提示\n"},
    };
    enum { ALL = sizeof(files) / sizeof(*files), WITHOUT_NOTICES = 8 };
    struct bundle_text texts[ALL];
    size_t count = with_notices ? ALL : WITHOUT_NOTICES;
    struct findings findings = {0};

    memset(town, 0, sizeof(*town));
    for (size_t i = 0; i < count; i++)
        texts[i] = (struct bundle_text){files[i].name, files[i].name, files[i].text,
                                        strlen(files[i].text)};
    if (bundle_build(&town->bundle, texts, count, NULL, &findings) < 0 ||
        program_new(&town->program, town->bundle, &findings) < 0)
        fail_with(&findings);
    findings_release(&findings);
    town->warning = rule_named(town, "heavy-pollution");
    town->ozone = rule_named(town, "ozone-season");
    town->dust = rule_named(town, "dust-sites");
    town->holdings = xcalloc(town->bundle->policy.registry.count, sizeof(*town->holdings));
    town->level = -1;
    cr_assert_eq(instant_parse("2015-11-06T16:00", town->bundle->policy.zone, &town->at), 0);
    town->begin = town->at + 8 * HOUR_MS;
}

void town_close(struct town *town)
{
    free(town->holdings);
    program_free(town->program);
    bundle_free(town->bundle);
}

static size_t demands_of(const struct town *town, int level, bool ozone_on,
                         struct demand demands[3])
{
    size_t count = 0;

    if (level >= 0) {
        demands[count++] = (struct demand){town->warning, level, NULL, town->begin, INSTANT_NONE};
        demands[count++] =
            (struct demand){town->warning, -1, town->dust, town->begin, INSTANT_NONE};
    }
    if (ozone_on)
        demands[count++] = (struct demand){town->ozone, -1, town->ozone, town->at, INSTANT_NONE};
    return count;
}

static struct plan build(struct town *town, const struct plan_context *context, int level,
                         bool ozone_on)
{
    struct demand demands[3];
    size_t count = demands_of(town, level, ozone_on, demands);
    const char *failure = NULL;
    struct plan plan;

    cr_assert_eq(
        plan_build(&plan, town->program, context, demands, count, town->holdings, &failure), 0,
        "%s", failure ? failure : "");
    return plan;
}

struct plan town_level(struct town *town, int level)
{
    struct plan_context context = {
        .rule = town->warning,
        .subject = "210100",
        .start = town->at,
        .revision = town->revision,
        .kind = level < 0             ? "lift"
                : town->level < 0     ? "issue"
                : level > town->level ? "raise"
                : level < town->level ? "lower"
                                      : "revise",
        .level = level,
        .from_level = town->level,
        .begin = level < 0 ? town->at : town->begin,
        .at = town->at,
    };

    return build(town, &context, level, town->ozone_on);
}

struct plan town_ozone(struct town *town, bool on)
{
    struct plan_context context = {
        .rule = town->ozone,
        .subject = "210100",
        .start = town->at,
        .revision = town->revision,
        .kind = on ? "rota_start" : "rota_end",
        .level = -1,
        .from_level = -1,
        .begin = town->at,
        .at = town->at,
    };

    return build(town, &context, town->level, on);
}

void town_apply(struct town *town, struct plan *plan, int level, bool ozone_on)
{
    for (size_t i = 0; i < plan->count; i++)
        town->holdings[plan->orders[i].recipient] = plan->orders[i].now;
    town->level = level;
    town->ozone_on = ozone_on;
    town->revision++;
    plan_release(plan);
}

const struct order *town_order(const struct town *town, const struct plan *plan,
                               const char *recipient)
{
    int position = registry_find(&town->bundle->policy.registry, recipient);

    cr_assert_geq(position, 0);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->orders[i].recipient == position)
            return &plan->orders[i];
    return NULL;
}
