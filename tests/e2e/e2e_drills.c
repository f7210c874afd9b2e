/* Random drill scripts against the living side's way out (D3): whatever a drill writes, the living
 * dispatch lets none of it leave.
 *
 *     e2e_drills CONF SEED SCRIPTS LIVE_ADDRESS DRILL_ADDRESS
 *
 * CONF has `gateways: {hook: {kind: webhook, …}}`.  Each script is a scenario out of the seed
 * (forecasts, readings, silent stations, decisions of people, bots that answer, words of roles)
 * over the small town of tests/cli, read, bound and run as `yujing drill` does.  Every text that it
 * leads to becomes a parcel, and is handed to a real dispatch opened for the living, as if by the
 * worst of mistakes; one of SAMPLE_OF also to one opened for paper, which must deliver it.
 * LIFE=1 plays the same scripts as if they were no drills: the negative control.
 *
 * Prints one line of key=value words. */
#include "../sim/rng.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/url.h"
#include "base/xalloc.h"
#include "base/yaml.h"
/* Scenarios and channels each have an outcome of their own and never meet, but here. */
#define outcome outcome_of_expectation
#include "cli/cases.h"
#undef outcome
#include "shell/conf.h"
#include "shell/dispatch.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { SAMPLE_OF = 1000, OUTCOMES = 4, PATIENCE = 100000 };

/* One side: a dispatch with what came back of it. */
struct side {
    struct dispatch *dispatch;
    const char *address;
    long handed, back, outcomes[OUTCOMES];
};
struct drills {
    uv_loop_t loop;
    struct gateways gateways;
    struct side live, drill;
    struct bench bench;
    struct rng rng;
    bool life;
    long scripts, letters, levels, unmarked, broken;
};

/* ---- a script ------------------------------------------------------------------ */

static const char *const texts[] = {
    "请核实并答复",    "这不是演习",   "【演练】口径",  "真实情况？", "<script>alert(1)</script>",
    "立即启动Ⅰ级响应", "=HYPERLINK()", "{name}{level}", "各单位注意", "演练结束"};

static const char *any_text(struct rng *rng)
{
    return texts[rng_below(rng, sizeof texts / sizeof *texts)];
}

static void put_forecast(struct buf *buf, struct rng *rng)
{
    buf_puts(buf, "forecast: {aqi_day: [");
    int base = rng_chance(rng, 60) ? 210 : 40;
    for (int day = 0; day < 5; day++)
        buf_printf(buf, "%s%d", day ? ", " : "", base + (int)rng_below(rng, 150));
    buf_puts(buf, "], primary: pm25}");
}

static void put_inject(struct buf *buf, struct rng *rng, int number)
{
    static const char *const acts[] = {"approve", "approve", "file", "hold"};
    buf_printf(buf, "  - {id: i%d, at: T+%dh%dm, ", number, (int)rng_below(rng, 60),
               (int)rng_below(rng, 60));
    switch (rng_below(rng, 5)) {
    case 0:
    case 1:
        put_forecast(buf, rng);
        break;
    case 2:
        buf_printf(buf, "role: {from: 导调组, to: duty}, text: \"%s\"", any_text(rng));
        break;
    case 3:
        buf_printf(buf, "fault: {of: [east], kind: silent, for: %dh}", 1 + (int)rng_below(rng, 9));
        break;
    default:
        buf_printf(buf,
                   "decision: {act: %s, by: 副市长, plan: pending, note: \"%s\", until: T+30h}",
                   acts[rng_below(rng, 4)], any_text(rng));
    }
    buf_puts(buf, "}\n");
}

static void put_script(struct buf *buf, struct rng *rng)
{
    buf_printf(buf,
               "title: 推演\nstart: 2026-%02d-%02d %02d:00\nbundle: ../cli/golden/town\nseed: %d\n"
               "clock: {stop_at: T+3d}\napprovals: %s\nroles: {duty: 值班员}\nbots:\n"
               "  - {match: {}, deliver: {p: 0.9, delay: 10s..5m}, ack: {p: 0.%d, delay: 1m..3h}, "
               "obey: {p: 0.5, delay: 30m..3h}}\n",
               1 + (int)rng_below(rng, 12), 1 + (int)rng_below(rng, 28), (int)rng_below(rng, 24),
               1 + (int)rng_below(rng, 1000), rng_chance(rng, 60) ? "all" : "by_fact",
               1 + (int)rng_below(rng, 9));
    if (rng_chance(rng, 50))
        buf_printf(buf, "readings: {stations: all, from: T-4h, pm25: %dx10 %d..%dx40 60x20}\n",
                   40 + (int)rng_below(rng, 100), 60 + (int)rng_below(rng, 100),
                   150 + (int)rng_below(rng, 300));
    buf_puts(buf, "injects:\n  - {id: first, at: T+1h, ");
    put_forecast(buf, rng);
    buf_puts(buf, "}\n");
    for (int i = 0, count = (int)rng_below(rng, 6); i < count; i++)
        put_inject(buf, rng, i);
    buf_puts(buf, "expect: [{id: e, kind: manual, who: 评估组, text: 记录}]\n");
}

/* ---- what leaves ---------------------------------------------------------------- */

static void take_back(struct side *side)
{
    struct parcel *back = dispatch_take_returned(side->dispatch);
    for (struct parcel *parcel = back; parcel; parcel = parcel->next) {
        side->back++;
        side->outcomes[parcel->outcome]++;
    }
    parcels_free(back);
}

/* Some come back at once, others from the loop. */
static void drain(struct drills *drills)
{
    for (int i = 0; i < PATIENCE; i++) {
        take_back(&drills->live);
        take_back(&drills->drill);
        if (drills->live.back == drills->live.handed && drills->drill.back == drills->drill.handed)
            return;
        uv_run(&drills->loop, UV_RUN_ONCE);
    }
}

static void hand_over(struct side *side, long number, const struct record *record)
{
    struct parcel *parcel = xcalloc(1, sizeof *parcel);
    struct url url;
    const char *problem;
    struct buf body = {0};
    buf_printf(&body, "{\"order\":\"%032lx\",\"text\":", number);
    buf_puts(&body, "\"");
    for (const char *byte = record->text; *byte; byte++)
        if ((unsigned char)*byte >= ' ' && *byte != '"' && *byte != '\\')
            buf_putc(&body, *byte);
    buf_puts(&body, "\"}\n");
    parcel->id = xasprintf("%032lx", number);
    parcel->kind = xstrdup("order");
    parcel->gateway = xstrdup("hook");
    parcel->address = xstrdup(side->address);
    parcel->host = xstrdup(url_read(&url, side->address, &problem) == 0 ? url.host : "");
    parcel->size = body.size;
    parcel->bytes = buf_detach(&body);
    parcel->attempts = 1;
    side->handed++;
    dispatch_send(side->dispatch, parcel);
}

static void send_records(struct drills *drills, const struct run *run)
{
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        drills->levels += record_is_transition(record);
        if (!record->text)
            continue;
        drills->letters++;
        drills->unmarked += !str_starts(record->text, "【演练】");
        hand_over(&drills->live, drills->letters, record);
        if (drills->letters % SAMPLE_OF == 1)
            hand_over(&drills->drill, drills->letters, record);
    }
    drain(drills);
}

/* ---- playing -------------------------------------------------------------------- */

static void tell_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity == SEV_ERROR)
            fprintf(stderr, "%s:%d: %s\n", findings->items[i].file, findings->items[i].line,
                    findings->items[i].message);
}

static void play(struct drills *drills)
{
    struct buf text = {0};
    struct scenario *scenario = NULL;
    struct findings findings = {0};
    struct run run;
    struct run_options options = {.drill = !drills->life, .fork_at = INSTANT_NONE};
    put_script(&text, &drills->rng);
    int err = scenario_read_text(&scenario, "tests/e2e/script.yaml", buf_str(&text), text.size,
                                 NULL, 0, &findings);
    if (err >= 0)
        err = bench_load(&drills->bench, scenario->bundle, scenario->with_json, &findings);
    if (err >= 0)
        err = scenario_bind(scenario, drills->bench.program, &findings);
    if (err >= 0) {
        err = run_scenario(&run, scenario, drills->bench.program, &options);
        send_records(drills, &run);
        run_release(&run);
    }
    if (err < 0 && drills->broken++ == 0) {
        tell_findings(&findings);
        fputs(buf_str(&text), stderr);
    }
    drills->scripts++;
    scenario_free(scenario);
    findings_release(&findings);
    buf_release(&text);
}

/* Also from a timer, after which the loop would wait for what has come already. */
static void heard(void *loop)
{
    uv_stop(loop);
}

static void open_side(struct drills *drills, struct side *side, enum effects effects,
                      const char *address)
{
    static struct log quiet;
    struct findings findings = {0};
    struct channel_options options = {.effects = effects, .clock = clock_wall(), .log = &quiet};
    side->address = address;
    side->dispatch = dispatch_new(&drills->gateways, heard, &drills->loop);
    if (dispatch_open(side->dispatch, &drills->loop, &options, &findings) < 0) {
        tell_findings(&findings);
        exit(2);
    }
}

static void read_gateways(struct drills *drills, const char *path)
{
    static struct arena arena;
    static struct conf conf;
    struct findings findings = {0};
    char *text;
    size_t size;
    conf = (struct conf){.path = path, .limits.in_flight = 64};
    if (file_read(path, 1 << 20, &text, &size, &findings) == 0)
        conf.root = yaml_read(&arena, path, text, size, &findings);
    if (!conf.root || gateways_read(&drills->gateways, &conf, &findings) < 0) {
        tell_findings(&findings);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct drills drills;
    if (argc != 6) {
        fputs("usage: e2e_drills CONF SEED SCRIPTS LIVE_ADDRESS DRILL_ADDRESS\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&drills.loop);
    drills.life = getenv("LIFE") != NULL;
    drills.rng = rng_stream(strtoull(argv[2], NULL, 10), 3);
    read_gateways(&drills, argv[1]);
    open_side(&drills, &drills.live, EFFECTS_LIVE, argv[4]);
    open_side(&drills, &drills.drill, EFFECTS_PAPER, argv[5]);
    for (long i = 0, count = strtol(argv[3], NULL, 10); i < count; i++)
        play(&drills);
    printf("scripts=%ld broken=%ld levels=%ld letters=%ld unmarked=%ld back=%ld live_delivered=%ld "
           "live_refused=%ld drill_delivered=%ld drill_handed=%ld\n",
           drills.scripts, drills.broken, drills.levels, drills.letters, drills.unmarked,
           drills.live.back, drills.live.outcomes[OUTCOME_DELIVERED],
           drills.live.outcomes[OUTCOME_REFUSED], drills.drill.outcomes[OUTCOME_DELIVERED],
           drills.drill.handed);
    return 0;
}
