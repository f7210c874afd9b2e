#include "rig.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "model/fact.h"
#include "shell/replay.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char POLICY[] =
    "authority: 示例市重污染天气应急指挥部\n"
    "city: \"210100\"\n"
    "zone: Asia/Shanghai\n"
    "valid_from: 2013-01-01\n"
    "documents:\n"
    "  plan: {title: 示例预案, number: 示例〔2024〕1号, date: 2024-01-01}\n"
    "areas:\n"
    "  - {code: \"210100\", name: 示例市, stations: [s1, s2]}\n"
    "stations:\n"
    "  - {id: s1, name: 一号站, district: \"210102\"}\n"
    "  - {id: s2, name: 二号站, district: \"210103\"}\n"
    "levels:\n"
    "  - {name: yellow, title: 黄色, response: Ⅲ级}\n"
    "  - {name: orange, title: 橙色, response: Ⅱ级}\n"
    "  - {name: red, title: 红色, response: Ⅰ级}\n"
    "rules: [rule.lua]\n";
static const char SERIES[] =
    "series:\n"
    "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: "
    "5000, "
    "valid: N}\n"
    "  aqi_hour: {kind: aqi, step: 1h, span: 1h}\n"
    "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
    "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n"
    "  nox_zs: {kind: measured, step: 1h, span: 1h, unit: mg/m³, low: 0, high: 10000, valid: N, "
    "stopped: F}\n"
    "  production_kw: {kind: measured, step: 5m, span: 5m, unit: kW, low: 0, high: 100000, valid: "
    "N}\n"
    "  treatment_kw: {kind: measured, step: 5m, span: 5m, unit: kW, low: 0, high: 100000, valid: "
    "N}\n";
static const char LADDER[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\",\n"
    "  area = \"210100\", only = { primary = \"pm25\" },\n" LADDER_ISSUE LADDER_LIFT "}\n";

/* ---- bundle ---- */

static void print_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        fprintf(stderr, "%s:%d:%d: [%s] %s\n", findings->items[i].file, findings->items[i].line,
                findings->items[i].col, findings->items[i].code, findings->items[i].message);
}

static void add_text(struct bundle_text *texts, size_t *count, const char *name, const char *data)
{
    if (data)
        texts[(*count)++] = (struct bundle_text){name, name, data, strlen(data)};
}

struct bundle *rig_bundle(const struct rig *rig)
{
    struct bundle_text texts[8];
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    size_t count = 0;
    const char *more = rig->policy ? rig->policy : "";
    char *policy = xasprintf("%s%s%s", POLICY,
                             strstr(more, "pollutants:") ? "" : "pollutants: [pm25]\n", more);
    char *series = xasprintf("%s%s", SERIES, rig->series ? rig->series : "");
    add_text(texts, &count, "policy.yaml", policy);
    add_text(texts, &count, "series.yaml", series);
    add_text(texts, &count, "rule.lua", rig->rule ? rig->rule : LADDER);
    add_text(texts, &count, "registry/list.yaml", rig->registry);
    add_text(texts, &count, "measures.yaml", rig->measures);
    add_text(texts, &count, "inventory.yaml", rig->inventory);
    add_text(texts, &count, "calendar.yaml", rig->calendar);
    add_text(texts, &count, "grid.yaml", rig->grid);
    int err = bundle_build(&bundle, texts, count, NULL, &findings);
    if (err < 0)
        print_findings(&findings);
    cr_assert(err >= 0, "the test's bundle is broken");
    findings_release(&findings);
    free(policy);
    free(series);
    return bundle;
}

static struct program *program_of(const struct bundle *bundle)
{
    struct findings findings = {0};
    struct program *program = NULL;
    int err = program_new(&program, bundle, &findings);
    if (err < 0)
        print_findings(&findings);
    cr_assert(err >= 0, "the test's rule is broken");
    findings_release(&findings);
    return program;
}

/* ---- facts ---- */

struct facts {
    struct arena arena;
    struct fact *items;
    size_t count, capacity;
};

static const span_ms ZONE = 8 * (span_ms)HOUR_MS;

static instant_ms instant(const char *text)
{
    instant_ms at;
    cr_assert(text && instant_parse(text, ZONE, &at) == 0, "bad time in a test: %s",
              text ? text : "none");
    return at;
}

static struct fact *new_fact(struct facts *facts, enum fact_kind kind, instant_ms at,
                             const char *subject)
{
    xgrow((void **)&facts->items, facts->count, &facts->capacity, sizeof *facts->items);
    struct fact *fact = &facts->items[facts->count++];
    *fact = (struct fact){
        .kind = kind,
        .time = at,
        .arrival = at,
        .source = "test",
        .id = arena_printf(&facts->arena, "f%zu", facts->count),
        .subject = subject ? arena_strdup(&facts->arena, subject) : NULL,
    };
    return fact;
}

static void add_reading(struct facts *facts, instant_ms at, span_ms step, const char *station,
                        const char *series, const char *word)
{
    char number[64];
    snprintf(number, sizeof number, "%s", word);
    char *flag = strchr(number, '!');
    if (flag)
        *flag++ = 0;
    struct reading_value *value = arena_alloc(&facts->arena, sizeof *value);
    value->series = arena_strdup(&facts->arena, series);
    value->flag = flag ? *flag : 0;
    value->value = MICRO_NONE;
    if (strcmp(number, "?") != 0)
        cr_assert(micro_parse(number, &value->value) == 0, "bad value in a test: %s", number);
    struct fact *fact = new_fact(facts, FACT_READING, at, station);
    fact->arrival = at + step;
    fact->reading = (struct reading){value, 1, step};
}

static span_ms step_of(const char *series)
{
    return str_ends(series, "_kw") ? 5 * (span_ms)MINUTE_MS : HOUR_MS;
}

/* The stations report hour by hour, all of one hour before the next. */
static void add_readings(struct facts *facts, instant_ms at, char *stations, const char *series,
                         char **rest)
{
    span_ms step = step_of(series);
    for (char *word = strtok_r(NULL, " ", rest); word; word = strtok_r(NULL, " ", rest)) {
        char *times = strchr(word, 'x');
        long repeat = times ? strtol(times + 1, NULL, 10) : 1;
        if (times)
            *times = 0;
        for (long i = 0; i < repeat; i++, at += step) {
            char *copy = xstrdup(stations), *more = NULL;
            for (char *one = strtok_r(copy, ",", &more); one; one = strtok_r(NULL, ",", &more))
                if (strcmp(word, "-") != 0)
                    add_reading(facts, at, step, one, series, word);
            free(copy);
        }
    }
}

static unsigned primary_of(char *word)
{
    unsigned primary = 0;
    char *more = NULL;
    for (char *one = strtok_r(word, "[],", &more); one; one = strtok_r(NULL, "[],", &more))
        primary |= 1u << pollutant_of(one);
    return primary;
}

static void add_forecast(struct facts *facts, instant_ms at, char **rest)
{
    enum { MOST = 32 };
    micro *low = arena_alloc(&facts->arena, MOST * sizeof *low);
    micro *high = arena_alloc(&facts->arena, MOST * sizeof *high);
    unsigned *primary = arena_alloc(&facts->arena, MOST * sizeof *primary), all = 0;
    const char *series = strtok_r(NULL, " ", rest);
    instant_ms start = instant(strtok_r(NULL, " ", rest));
    int count = 0;
    for (char *word = strtok_r(NULL, " ", rest); word; word = strtok_r(NULL, " ", rest)) {
        char *dots = strstr(word, "..");
        if (*word == '[') {
            all = primary_of(word);
            continue;
        }
        if (dots)
            *dots = 0;
        low[count] = high[count] = MICRO_NONE;
        if (strcmp(word, "?") != 0) {
            cr_assert(micro_parse(word, &low[count]) == 0);
            cr_assert(micro_parse(dots ? dots + 2 : word, &high[count]) == 0);
        }
        count++;
    }
    for (int i = 0; i < count; i++)
        primary[i] = all;
    struct fact *fact = new_fact(facts, FACT_FORECAST, at, "210100");
    fact->forecast = (struct forecast){arena_strdup(&facts->arena, series),
                                       at,
                                       start,
                                       str_ends(series, "_day") ? DAY_MS : HOUR_MS,
                                       count,
                                       low,
                                       high,
                                       primary};
}

static void add_directive(struct facts *facts, instant_ms at, char **rest)
{
    struct fact *fact = new_fact(facts, FACT_DIRECTIVE, at, "210100");
    fact->directive = (struct directive){.number = "辽环函1号", .from = at, .to = INSTANT_NONE};
    fact->directive.level = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
    if (strtok_r(NULL, " ", rest))
        fact->directive.to = instant(strtok_r(NULL, " ", rest));
}

enum { COUNT_ALL = -1 };

static int count_of(const char *word)
{
    return str_equal(word, "all") ? COUNT_ALL : (int)strtol(word, NULL, 10);
}

static void add_decision(struct facts *facts, instant_ms at, char **rest)
{
    struct fact *fact = new_fact(facts, FACT_DECISION, at, "heavy-pollution/210100");
    char *act = strtok_r(NULL, " ", rest);
    for (int i = 0; i <= ACT_TEST; i++)
        if (str_equal(decision_act_name((enum decision_act)i), act))
            fact->decision.act = (enum decision_act)i;
    fact->decision.note = "说明";
    for (char *word = strtok_r(NULL, " ", rest); word; word = strtok_r(NULL, " ", rest)) {
        if (str_equal(word, "by"))
            fact->decision.by = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
        else if (str_equal(word, "until"))
            fact->decision.until = instant(strtok_r(NULL, " ", rest));
        else if (str_equal(word, "plan"))
            fact->decision.plan = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
        else if (str_equal(word, "of"))
            fact->subject = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
        else if (str_equal(word, "mute"))
            fact->decision.note = NULL;
        else if (str_equal(word, "count"))
            fact->decision.count = count_of(strtok_r(NULL, " ", rest));
        else
            fact->decision.level = arena_strdup(&facts->arena, word);
    }
}

static void add_incident(struct facts *facts, instant_ms at, char **rest)
{
    struct fact *fact = new_fact(facts, FACT_INCIDENT, at, NULL);
    fact->incident = (struct incident){.placed = true, .confidence = MICRO_NONE, .body = "{}"};
    fact->incident.kind = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
    fact->incident.lon = strtod(strtok_r(NULL, " ", rest), NULL);
    fact->incident.lat = strtod(strtok_r(NULL, " ", rest), NULL);
    micro_parse(strtok_r(NULL, " ", rest), &fact->incident.confidence);
    fact->subject = arena_strdup(&facts->arena, strtok_r(NULL, " ", rest));
}

static void add_receipt(struct facts *facts, instant_ms at, char **rest)
{
    const char *kind = strtok_r(NULL, " ", rest);
    struct fact *fact = new_fact(facts, FACT_RECEIPT, at, strtok_r(NULL, " ", rest));
    fact->receipt.kind = str_equal(kind, "done") ? RECEIPT_DONE : RECEIPT_ACKNOWLEDGED;
}

static void add_line(struct facts *facts, char *line)
{
    char *rest = NULL, *word = strtok_r(line, " ", &rest);
    if (!word)
        return;
    instant_ms at = instant(word + 1);
    char *verb = strtok_r(NULL, " ", &rest);
    if (str_equal(verb, "forecast")) {
        add_forecast(facts, at, &rest);
    } else if (str_equal(verb, "directive")) {
        add_directive(facts, at, &rest);
    } else if (str_equal(verb, "decide")) {
        add_decision(facts, at, &rest);
    } else if (str_equal(verb, "incident")) {
        add_incident(facts, at, &rest);
    } else if (str_equal(verb, "receipt")) {
        add_receipt(facts, at, &rest);
    } else if (str_equal(verb, "tick")) {
        new_fact(facts, FACT_TICK, at, NULL);
    } else if (str_equal(verb, "late")) {
        instant_ms hour = instant(strtok_r(NULL, " ", &rest));
        char *station = strtok_r(NULL, " ", &rest), *series = strtok_r(NULL, " ", &rest);
        add_reading(facts, hour, HOUR_MS, station, series, strtok_r(NULL, " ", &rest));
        facts->items[facts->count - 1].arrival = at;
    } else {
        add_readings(facts, at, verb, strtok_r(NULL, " ", &rest), &rest);
    }
}

static void read_facts(struct facts *facts, const char *text)
{
    char *copy = xstrdup(text), *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        add_line(facts, line);
    free(copy);
    for (size_t i = 1; i < facts->count; i++) /* insertion keeps the order of one instant */
        for (size_t j = i; j > 0 && facts->items[j - 1].arrival > facts->items[j].arrival; j--) {
            struct fact kept = facts->items[j];
            facts->items[j] = facts->items[j - 1];
            facts->items[j - 1] = kept;
        }
}

/* ---- playing ---- */

struct playing {
    const struct rig *rig;
    struct buf text;
    char hash[HASH_HEX]; /* of the newest proposal */
    int orders;
};

static bool shown(const struct rig *rig, const char *kind)
{
    if (!rig->kinds)
        return true;
    const char *at = strstr(rig->kinds, kind);
    return at && (at[strlen(kind)] == ' ' || at[strlen(kind)] == 0);
}

static int print_decision(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct playing *playing = arg;
    struct buf *text = &playing->text;
    struct buf at = {0};
    const char *kind = decision_kind_name(decision->kind);
    (void)cause;
    if (decision->kind == DECISION_PROPOSE && decision->plan) {
        memcpy(playing->hash, decision->plan->hash, sizeof playing->hash);
        playing->orders = (int)decision->plan->count;
    }
    if ((decision->kind == DECISION_PROPOSE && !playing->rig->proposals) ||
        (decision->kind > DECISION_PROPOSE && !playing->rig->kinds) || !shown(playing->rig, kind))
        return 0;
    instant_print_minute(&at, decision->at, ZONE);
    buf_printf(text, "%s %s %s %s", buf_str(&at) + 5, kind, decision->from ? decision->from : "-",
               decision->level ? decision->level : "-");
    if (decision->to)
        buf_printf(text, " to %s", decision->to);
    if (decision->kind == DECISION_PROPOSE)
        buf_printf(text, " begin %lld", (long long)(decision->begin / HOUR_MS));
    if (decision->subject)
        buf_printf(text, " %s", decision->subject);
    if (decision->result)
        buf_printf(text, " %s", decision->result);
    buf_putc(text, '\n');
    for (int i = 0; playing->rig->words && i < decision->because_count; i++)
        buf_printf(text, "  %s\n", decision->because[i]);
    if (playing->rig->texts && decision->kind == DECISION_TASK && decision->text)
        buf_printf(text, "  %s\n", decision->text);
    buf_release(&at);
    return 0;
}

/* What only the moment can say. */
static void fill_decision(const struct playing *playing, struct decision_fact *decision)
{
    if (str_equal(decision->plan, "pending"))
        decision->plan = playing->hash;
    if (decision->count == COUNT_ALL)
        decision->count = playing->orders;
}

static struct engine *reload(struct engine *engine, struct program *program,
                             const struct engine_options *options)
{
    struct buf bytes = {0}, again = {0};
    struct engine *loaded;
    char *dropped = NULL;
    engine_save(engine, &bytes);
    engine_free(engine);
    engine_new(&loaded, program, options);
    cr_assert(engine_load(loaded, bytes.data, bytes.size, &dropped) == 0, "a saved state loads");
    engine_save(loaded, &again);
    cr_assert(bytes.size == again.size && memcmp(bytes.data, again.data, bytes.size) == 0,
              "a loaded state saves to the same bytes");
    cr_assert(dropped == NULL || *dropped == 0, "nothing is dropped: %s", dropped);
    free(dropped);
    buf_release(&bytes);
    buf_release(&again);
    return loaded;
}

char *rig_play(const struct rig *rig, const char *text)
{
    struct facts facts = {0};
    struct bundle *bundle = rig_bundle(rig);
    struct program *program = program_of(bundle);
    struct engine_options options = {.approvals = rig->by_fact ? APPROVALS_BY_FACT : APPROVALS_ALL,
                                     .strict = rig->strict,
                                     .trace = true};
    struct engine *engine;
    struct playing playing = {.rig = rig};
    struct replay_observer observer = {.decided = print_decision, .arg = &playing};
    read_facts(&facts, text);
    engine_new(&engine, program, &options);
    for (size_t i = 0; i < facts.count; i++) {
        struct step step;
        if (rig->save_at > 0 && i % (size_t)rig->save_at == 0 && i > 0)
            engine = reload(engine, program, &options);
        cr_assert(replay_ticks(engine, facts.items[i].arrival, &observer) == 0);
        if (facts.items[i].kind == FACT_TICK)
            continue;
        if (facts.items[i].kind == FACT_DECISION)
            fill_decision(&playing, &facts.items[i].decision);
        cr_assert(engine_step(engine, &facts.items[i], &step) == 0);
        for (size_t d = 0; d < step.count; d++)
            print_decision(&playing, &facts.items[i], &step.decisions[d]);
        if (i % 2 == 1)
            engine_rest(engine); /* changes nothing */
    }
    engine_free(engine);
    program_free(program);
    bundle_free(bundle);
    arena_release(&facts.arena);
    free(facts.items);
    return buf_detach(&playing.text);
}

void rig_expect(const struct rig *rig, const char *facts, const char *expected)
{
    char *got = rig_play(rig, facts);
    cr_expect(str_equal(got, expected), "expected:\n%sgot:\n%s", expected, got);
    free(got);
}
