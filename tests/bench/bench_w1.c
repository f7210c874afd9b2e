/* W1: a million events through the engine itself.
 *
 * usage: bench_w1 DIR RULES EVENTS data|where|called
 * DIR holds events.bin and rules-RULES.txt of the peers' harness.  Each rule becomes one watch over
 * the stations of its group: it raises after three consecutive hours above its level and clears
 * after three below 0.9 of it; with `where` both comparisons are Lua functions, short enough for
 * quick.c; with `called` they also call a library function, so that each value costs a protected
 * call under the instruction budget.  Every event goes through engine_due and engine_step, as a
 * replay's would. Prints one line of key=value words like every peer. */
#include "base/buf.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "model/bundle.h"
#include "model/fact.h"
#include "shell/replay.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STATIONS = 100, GROUPS = 10 };
static const char *const series[] = {"pm25", "pm10", "so2", "no2", "co", "o3"};

struct event {
    uint16_t station;
    uint8_t pollutant, group;
    uint32_t time;
    double value;
};
enum form { FORM_DATA, FORM_WHERE, FORM_CALLED };
struct counts {
    long raises, clears;
};

static enum form form_named(const char *name)
{
    return strcmp(name, "where") == 0    ? FORM_WHERE
           : strcmp(name, "called") == 0 ? FORM_CALLED
                                         : FORM_DATA;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct event *read_events(const char *folder, long most, long *ret_count)
{
    char *path = xasprintf("%s/events.bin", folder);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    struct event *events = xmalloc((size_t)most * sizeof *events);
    *ret_count = (long)fread(events, sizeof *events, (size_t)most, file);
    fclose(file);
    free(path);
    return events;
}

static void policy_text(struct buf *buf)
{
    buf_puts(buf, "authority: 示例\ncity: \"1\"\nzone: UTC\nvalid_from: 2013-01-01\n"
                  "areas:\n  - {code: \"1\", name: 示例, stations: [none]}\n"
                  "pollutants: [pm25]\nunknown_alarm: 700h\nlevels: [{name: yellow, title: 黄色}]\n"
                  "rules: [rules.lua]\nstations:\n  - {id: none, name: 无, district: \"1\"}\n");
    for (int i = 0; i < STATIONS; i++)
        buf_printf(buf, "  - {id: s%d, name: 站%d, district: \"1\", group: g%d}\n", i, i,
                   i % GROUPS);
}

static void series_text(struct buf *buf)
{
    buf_puts(buf, "series:\n");
    for (int i = 0; i < 6; i++)
        buf_printf(buf,
                   "  %s: {kind: measured, pollutant: %s, step: 1h, span: 1h, unit: %s, low: 0, "
                   "high: 100000, valid: N}\n",
                   series[i], series[i], i == 4 ? "mg/m³" : "µg/m³");
}

static void rule_text(struct buf *buf, const char *id, int pollutant, int group, const char *high,
                      const char *low, enum form form)
{
    const char *name = series[pollutant];
    const char *value = form == FORM_CALLED ? "math.abs(v.value)" : "v.value";
    buf_printf(buf, "watch \"r%s\" { title = \"r%s\", per = stations { group = \"g%d\" },\n", id,
               id, group);
    if (form != FORM_DATA)
        buf_printf(buf,
                   "  when = { observed = \"%s\", where = function(v) return %s > %s end, "
                   "lasting = \"3h\" },\n"
                   "  clear_when = { observed = \"%s\", where = function(v) return %s < %s end, "
                   "lasting = \"3h\" } },\n",
                   name, value, high, name, value, low);
    else
        buf_printf(buf,
                   "  when = { observed = \"%s\", above = %s, lasting = \"3h\" },\n"
                   "  clear_when = { observed = \"%s\", below = %s, lasting = \"3h\" } },\n",
                   name, high, name, low);
}

static void rules_text(struct buf *buf, const char *folder, const char *rules, enum form form)
{
    char id[16], high[32], low[32];
    int pollutant, group;
    char *path = xasprintf("%s/rules-%s.txt", folder, rules);
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(1);
    }
    buf_puts(buf, "return {\n");
    while (fscanf(file, "%15s %d %d %31s %31s", id, &pollutant, &group, high, low) == 5)
        rule_text(buf, id, pollutant, group, high, low, form);
    buf_puts(buf, "}\n");
    fclose(file);
    free(path);
}

static void die(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity == SEV_ERROR)
            fprintf(stderr, "%s:%d: %s\n", findings->items[i].file, findings->items[i].line,
                    findings->items[i].message);
    exit(1);
}

static struct bundle *make_bundle(const char *folder, const char *rules, enum form form)
{
    struct buf policy = {0}, meaning = {0}, script = {0};
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    policy_text(&policy);
    series_text(&meaning);
    rules_text(&script, folder, rules, form);
    struct bundle_text texts[] = {
        {"policy.yaml", "policy.yaml", policy.data, policy.size},
        {"series.yaml", "series.yaml", meaning.data, meaning.size},
        {"rules.lua", "rules.lua", script.data, script.size},
    };
    if (bundle_build(&bundle, texts, 3, NULL, &findings) < 0)
        die(&findings);
    findings_release(&findings);
    buf_release(&policy);
    buf_release(&meaning);
    buf_release(&script);
    return bundle;
}

static int count(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct counts *counts = arg;
    (void)cause;
    counts->raises += decision->kind == DECISION_ALARM && decision->rule != NULL;
    counts->clears += decision->kind == DECISION_CLEAR;
    return 0;
}

static void play(struct engine *engine, const struct event *events, long total,
                 struct counts *counts)
{
    const struct replay_observer observer = {.decided = count, .arg = counts};
    char names[STATIONS][8];
    struct step step;
    for (int i = 0; i < STATIONS; i++)
        snprintf(names[i], sizeof names[i], "s%d", i);
    for (long i = 0; i < total; i++) {
        const struct event *event = &events[i];
        struct reading_value value = {series[event->pollutant],
                                      (micro)lrint(event->value * 10) * (MICRO / 10), 0};
        struct fact fact = {
            .kind = FACT_READING,
            .time = (instant_ms)event->time * SECOND_MS,
            .arrival = (instant_ms)event->time * SECOND_MS + HOUR_MS,
            .source = "w1",
            .id = "e",
            .subject = names[event->station],
            .reading = {&value, 1, HOUR_MS},
        };
        if (replay_ticks(engine, fact.arrival, &observer) < 0 ||
            engine_step(engine, &fact, &step) < 0)
            exit(1);
        for (size_t d = 0; d < step.count; d++)
            count(counts, &fact, &step.decisions[d]);
    }
}

int main(int argc, char **argv)
{
    long total;
    struct findings findings = {0};
    struct program *program = NULL;
    struct engine *engine;
    struct counts counts = {0, 0};
    const struct engine_options options = {.approvals = APPROVALS_ALL};
    if (argc < 5)
        return 2;
    double start = now();
    struct event *events = read_events(argv[1], strtol(argv[3], NULL, 10), &total);
    struct bundle *bundle = make_bundle(argv[1], argv[2], form_named(argv[4]));
    if (program_new(&program, bundle, &findings) < 0)
        die(&findings);
    engine_new(&engine, program, &options);
    double loaded = now();
    play(engine, events, total, &counts);
    double done = now();
    printf("name=yujing-%s events=%ld rules=%s raises=%ld clears=%ld load_s=%.4f eval_s=%.4f\n",
           argv[4], total, argv[2], counts.raises, counts.clears, loaded - start, done - loaded);
    engine_free(engine);
    program_free(program);
    bundle_free(bundle);
    findings_release(&findings);
    free(events);
    return 0;
}
