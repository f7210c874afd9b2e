/* Policies, ways out, and the air. */
#include "city.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/aqi.h"
#include "model/bundle.h"
#include "shell/conf.h"
#include "sim.h"
#include "wires.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct city_bounds city_bounds[CITY_GATEWAYS] = {
    [GATEWAY_HOOK] = {2, 8, 2, 8, 12},
    [GATEWAY_MAIL] = {5, 10, 2, 8, 12},
    [GATEWAY_SMS] = {1, 5, 4, 4, 12},
    [GATEWAY_FILE] = {50, 50, 8, 8, 12},
};
static const char *const gateway_names[] = {"hook", "mail", "sms", "file"};

/* ---- policies ------------------------------------------------------------------------- */

static const char policy_head[] =
    "authority: 示例市重污染天气应急指挥部\n"
    "city: \"210100\"\n"
    "zone: Asia/Shanghai\n"
    "valid_from: 2013-01-01\n"
    "documents:\n"
    "  plan: {title: 示例预案, number: 示例〔2024〕1号, date: 2024-01-01}\n"
    "pollutants: [pm25]\n"
    "levels:\n"
    "  - {name: yellow, title: 黄色, response: Ⅲ级, approve: one}\n"
    "  - {name: orange, title: 橙色, response: Ⅱ级, approve: one}\n"
    "  - {name: red, title: 红色, response: Ⅰ级, approve: two}\n"
    "acknowledge: {yellow: 1h, orange: 1h, red: 1h}\n"
    "escalation:\n"
    "  - {after: 0m, to: second_contact, kind: reminder, repeat: 30m, times: 2}\n"
    "  - {after: 30m, to: district}\n"
    "  - {after: 1h, to: enforcement, hours: working}\n"
    "working_hours: \"08:30 .. 17:00\"\n"
    "rules: [rule.lua]\n";
static const char series_text[] =
    "series:\n"
    "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 5000,"
    " valid: N}\n"
    "  aqi_hour: {kind: aqi, step: 1h, span: 1h}\n"
    "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
    "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n";
static const char measures_text[] = "measures:\n"
                                    "  stop: {kind: stop, text: \"{lines}停止生产\", proof: "
                                    "用电监控, reversible: true, scope: all}\n";
static const char inventory_text[] = "day:\n"
                                     "  industry: {so2: 1, nox: 1, pm: 9, vocs: 1}\n"
                                     "  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                                     "  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
                                     "  other: {so2: 1, nox: 1, pm: 1, vocs: 1}\n";
static const char rule_format[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
    "  levels = {\n"
    "    { \"yellow\", issue_when = { timeline = \"aqi_day\", above = %d, lasting = \"24h\" } },\n"
    "    { \"orange\", issue_when = { timeline = \"aqi_day\", above = %d, lasting = \"48h\" } },\n"
    "    { \"red\", issue_when = { timeline = \"aqi_day\", above = %d, lasting = \"24h\" } } },\n"
    "  lift_when = all { { observed = \"aqi_24h\", at_most = 150 },\n"
    "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"24h\" } },\n"
    "}\n";
static const int thresholds[][3] = {{150, 200, 300}, {140, 210, 290}, {160, 190, 310}};

static void put_stations(struct buf *text)
{
    buf_puts(text, "areas:\n  - {code: \"210100\", name: 示例市, stations: [");
    for (int i = 0; i < CITY_STATIONS; i++)
        buf_printf(text, "%ss%d", i > 0 ? ", " : "", i + 1);
    buf_puts(text, "]}\nstations:\n");
    for (int i = 0; i < CITY_STATIONS; i++)
        buf_printf(text, "  - {id: s%d, name: %d号站, district: \"21010%d\"}\n", i + 1, i + 1,
                   2 + i % 3);
}

/* Most enterprises report to one platform, as they do in life; the others have hosts of their own.
 */
static void put_enterprise(struct buf *text, int number)
{
    int host = number % 2 ? 0 : number / 2 % CITY_HOSTS;
    buf_printf(text,
               "- id: \"21010%d-%04d\"\n  name: 示例企业%d号\n  district: \"21010%d\"\n"
               "  industry: foundry\n  emits: [pm]\n  grade: C\n"
               "  day: {so2: 0.01, nox: 0.01, pm: 0.1, vocs: 0.01}\n  lines:\n"
               "    - {id: L1, name: 1号线, day: {so2: 0.01, nox: 0.01, pm: 0.1, vocs: 0.01}}\n"
               "  measures:\n    yellow: %s\n    orange: [{do: stop, lines: [L1]}]\n"
               "    red: [{do: stop, lines: [L1]}]\n  contacts:\n",
               2 + number % 3, number, number, 2 + number % 3,
               number % 3 ? "[{do: stop, lines: [L1]}]" : "[]");
    buf_printf(text, "    - {name: 值班室, webhook: \"https://h%d.example/e%d\"", host, number);
    if (number % 4) /* the others can be reached by one way alone */
        buf_printf(text, ", phone: \"024-1%04d\", email: \"e%d@mail.example\"", number, number);
    buf_printf(text, "}\n    - {name: 厂长, webhook: \"https://h%d.example/boss%d\"}\n", host,
               number);
}

static void put_offices(struct buf *text)
{
    for (int i = 0; i < 3; i++)
        buf_printf(text,
                   "- {id: duty-%d, kind: office, name: 示例%d区值守, district: \"21010%d\","
                   " role: district, contacts: [{name: 值班, phone: \"024-3000%d\","
                   " webhook: \"https://district.example/d%d\"}]}\n",
                   i + 1, i + 1, 2 + i, i, i);
    buf_puts(text, "- {id: team-1, kind: office, name: 示例执法队, district: \"210102\","
                   " role: enforcement, contacts: [{name: 值班, phone: \"024-40000\","
                   " webhook: \"https://team.example/in\"}]}\n");
}

static struct bundle *make_policy(enum city_policy which)
{
    struct buf policy = {0}, registry = {0}, rule = {0};
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    buf_puts(&policy, policy_head);
    put_stations(&policy);
    for (int i = 1; i <= CITY_ENTERPRISES; i++)
        put_enterprise(&registry, i);
    put_offices(&registry);
    const int *own = thresholds[which == POLICY_BROKEN ? 0 : which];
    buf_printf(&rule, rule_format, own[0], own[1], own[2]);
    if (which == POLICY_BROKEN)
        buf_puts(&rule, "}\n");
    const struct bundle_text texts[] = {
        {"policy.yaml", "policy.yaml", buf_str(&policy), policy.size},
        {"series.yaml", "series.yaml", series_text, strlen(series_text)},
        {"measures.yaml", "measures.yaml", measures_text, strlen(measures_text)},
        {"inventory.yaml", "inventory.yaml", inventory_text, strlen(inventory_text)},
        {"registry/list.yaml", "registry/list.yaml", buf_str(&registry), registry.size},
        {"rule.lua", "rule.lua", buf_str(&rule), rule.size},
    };
    if (bundle_build(&bundle, texts, sizeof texts / sizeof *texts, NULL, &findings) < 0) {
        for (size_t i = 0; i < findings.count; i++)
            fprintf(stderr, "%s:%d: %s\n", findings.items[i].file, findings.items[i].line,
                    findings.items[i].message);
        abort();
    }
    findings_release(&findings);
    buf_release(&policy);
    buf_release(&registry);
    buf_release(&rule);
    return bundle;
}

/* ---- ways out -------------------------------------------------------------------------- */

static const char routes_text[] =
    "routes:\n"
    "  - {letters: [order, release, task, reminder, escalation], by: [hook], fallback: [sms, "
    "mail]}\n"
    "  - {letters: [public], by: [file]}\n"
    "  - {letters: [page], by: [sms], fallback: [mail]}\n"
    "duty:\n"
    "  - {name: 值班员甲, phone: \"110-1\", email: \"duty@mail.example\", role: duty}\n"
    "  - {name: 值班员乙, phone: \"110-2\", email: \"deputy@mail.example\", role: deputy}\n"
    "  - {name: 值班员丙, phone: \"110-3\", email: \"chief@mail.example\", role: supervisor}\n";

static void break_gateways(struct sim *sim)
{
    for (int i = 0; i < CITY_GATEWAYS; i++) {
        struct gateway *gateway = &sim->city.items[i];
        if (sim->breakage == BREAK_crowd)
            gateway->per_host = 8;
        if (sim->breakage == BREAK_too_fast)
            gateway->rate *= 2;
        if (sim->breakage == BREAK_too_often)
            gateway->attempts_max = 40;
    }
}

static void make_gateways(struct sim *sim)
{
    struct city *city = &sim->city;
    for (int i = 0; i < CITY_GATEWAYS; i++) {
        const struct city_bounds *bounds = &city_bounds[i];
        city->items[i] = (struct gateway){
            .name = gateway_names[i],
            .channel = wires_channel((enum city_gateway)i),
            .rate = bounds->rate * (micro)MICRO,
            .burst = (int)bounds->burst,
            .concurrency = bounds->concurrency,
            .per_host = bounds->per_host,
            .attempts_max = bounds->attempts_max,
            .timeout = 30 * SECOND_MS,
        };
    }
    city->gateways = (struct gateways){.items = city->items, .count = CITY_GATEWAYS};
    break_gateways(sim);
    struct findings findings = {0};
    struct conf conf = {.path = "sim"};
    conf.root = yaml_read(&city->arena, "sim", routes_text, strlen(routes_text), &findings);
    if (routing_read(&city->routing, &conf, &city->gateways, &findings) < 0)
        sim_fail(sim, "routes: %s", findings.items[0].message);
    findings_release(&findings);
}

int city_gateway(const struct city *city, const char *name)
{
    return gateways_find(&city->gateways, name);
}

/* ---- the air --------------------------------------------------------------------------- */

/* Haze comes every five to nine days and stays for two to four. */
static void make_weather(struct sim *sim)
{
    struct rng rng = rng_stream(sim->seed, 3);
    int day = 0;
    while (day < CITY_DAYS_MAX) {
        int clear = (int)rng_between(&rng, 2, 5), haze = (int)rng_between(&rng, 2, 4);
        int peak = (int)rng_between(&rng, 130, 330);
        for (int i = 0; i < clear && day < CITY_DAYS_MAX; i++)
            sim->city.pm25[day++] = (int)rng_between(&rng, 20, 70);
        for (int i = 0; i < haze && day < CITY_DAYS_MAX; i++)
            sim->city.pm25[day++] = peak - (int)rng_below(&rng, 30);
    }
}

static int pm25_of(const struct sim *sim, int64_t day)
{
    return sim->city.pm25[day < 0 ? 0 : day < CITY_DAYS_MAX ? day : CITY_DAYS_MAX - 1];
}

static int64_t index_of(int pm25)
{
    static const int breaks[] = {0, 35, 75, 115, 150, 250, 350, 500},
                     indexes[] = {0, 50, 100, 150, 200, 300, 400, 500};
    for (int i = 1; i < 8; i++)
        if (pm25 <= breaks[i])
            return indexes[i - 1] + (int64_t)(indexes[i] - indexes[i - 1]) *
                                        (pm25 - breaks[i - 1]) / (breaks[i] - breaks[i - 1]);
    return 500;
}

static void fill_reading(struct sim *sim, struct saying *saying, int station, int64_t hour,
                         int64_t change)
{
    struct fact *fact = saying_add(saying, FACT_READING, "platform");
    struct reading_value *value = arena_alloc(&saying->arena, sizeof *value);
    int64_t noise = (hour * 7 + station * 3) % 20;
    value->series = "pm25";
    value->value = (pm25_of(sim, hour / 24) + noise + change) * (micro)MICRO;
    fact->time = sim->begin + hour * (instant_ms)HOUR_MS;
    fact->id = arena_printf(&saying->arena, "s%d/%lld", station + 1, (long long)hour);
    fact->subject = arena_printf(&saying->arena, "s%d", station + 1);
    fact->reading = (struct reading){.values = value, .count = 1, .period = HOUR_MS};
    fact->arrival = fact_default_arrival(fact);
}

struct batch { /* stations first … last of one hour */
    int first, last;
};

static void say_batch(struct sim *sim, void *arg, int64_t hour)
{
    struct batch *batch = arg;
    struct saying *saying = saying_new(sim);
    for (int i = batch->first; i <= batch->last; i++) {
        if (!sim_is_calm(sim) && rng_below(&sim->rng, 500) == 0) {
            sim_count(sim, FAULT_reading_missing);
            continue;
        }
        fill_reading(sim, saying, i, hour, 0);
    }
    saying_offer(saying);
    free(batch);
}

static void say_odd(struct sim *sim, void *arg, int64_t number)
{
    struct saying *saying = saying_new(sim);
    int64_t hour = number / 64;
    (void)arg;
    fill_reading(sim, saying, (int)(number % 32), hour, number % 64 >= 32 ? 5 : 0);
    saying_offer(saying);
}

/* Twice the same, or twice with another value, soon or days later. */
static void plan_odd(struct sim *sim, int64_t hour)
{
    int64_t station = rng_below(&sim->rng, CITY_STATIONS);
    bool conflicts = rng_chance(&sim->rng, 30);
    if (sim_is_calm(sim) || !rng_chance(&sim->rng, 10))
        return;
    sim_count(sim, conflicts ? FAULT_reading_conflicts : FAULT_reading_twice);
    int64_t later = rng_chance(&sim->rng, 50) ? 30 * MINUTE_MS : 50 * HOUR_MS;
    sim_plan(sim, 30 * MINUTE_MS + rng_below(&sim->rng, later), say_odd, NULL,
             hour * 64 + station + (conflicts ? 32 : 0));
}

/* The readings of the hour that has just ended come in two to four batches. */
static void hour_over(struct sim *sim, void *arg, int64_t hour)
{
    int first = 0;
    (void)arg;
    while (first < CITY_STATIONS) {
        struct batch *batch = malloc(sizeof *batch);
        int last = first + (int)rng_between(&sim->rng, 4, 11);
        *batch = (struct batch){first, last < CITY_STATIONS ? last : CITY_STATIONS - 1};
        first = batch->last + 1;
        bool late = !sim_is_calm(sim) && rng_chance(&sim->rng, 2);
        if (late)
            sim_count(sim, FAULT_reading_late);
        sim_plan(sim,
                 late ? rng_between(&sim->rng, HOUR_MS, 9 * HOUR_MS)
                      : rng_between(&sim->rng, MINUTE_MS, 15 * MINUTE_MS),
                 say_batch, batch, hour);
    }
    plan_odd(sim, hour);
    sim_plan(sim, HOUR_MS, hour_over, NULL, hour + 1);
}

static void bulletin(struct sim *sim, void *arg, int64_t number)
{
    enum { AHEAD = 6 };
    struct saying *saying = saying_new(sim);
    struct fact *fact = saying_add(saying, FACT_FORECAST, "forecasters");
    micro *values = arena_alloc(&saying->arena, AHEAD * sizeof *values);
    unsigned *primary = arena_alloc(&saying->arena, AHEAD * sizeof *primary);
    int64_t day = (sim->steady - sim->begin) / DAY_MS;
    (void)arg;
    for (int i = 0; i < AHEAD; i++) {
        values[i] =
            (index_of(pm25_of(sim, day + i)) + rng_between(&sim->rng, -12, 12)) * (micro)MICRO;
        primary[i] = 1u << PM25;
    }
    fact->time = fact->arrival = sim->steady;
    fact->id = arena_printf(&saying->arena, "b%lld", (long long)number);
    fact->subject = "210100";
    fact->forecast = (struct forecast){.series = "aqi_day",
                                       .issued = sim->steady,
                                       .start = sim->begin + day * (instant_ms)DAY_MS,
                                       .step = DAY_MS,
                                       .count = AHEAD,
                                       .low = values,
                                       .high = values,
                                       .primary = primary};
    saying_offer(saying);
    sim_plan(sim, number % 2 ? 16 * HOUR_MS : 8 * HOUR_MS, bulletin, NULL, number + 1);
}

/* ---- beginning and end ------------------------------------------------------------------- */

void city_make(struct sim *sim)
{
    for (int i = 0; i < CITY_POLICIES; i++)
        sim->city.policies[i] = make_policy((enum city_policy)i);
    make_gateways(sim);
    make_weather(sim);
}

void city_begin(struct sim *sim)
{
    sim_plan(sim, HOUR_MS, hour_over, NULL, 0);
    sim_plan(sim, 8 * HOUR_MS, bulletin, NULL, 0);
}

void city_release(struct city *city)
{
    for (int i = 0; i < CITY_POLICIES; i++)
        bundle_free(city->policies[i]);
    routing_free(city->routing);
    arena_release(&city->arena);
}
