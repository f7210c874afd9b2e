/* Taking and putting figures. */
#include "shell/gauges.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "engine/engine.h"
#include "shell/folder.h"
#include "shell/metrics.h"
#include "store/chases.h"
#include "store/reigns.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- taking --------------------------------------------------------------- */

static bool waits(const json_t *proposal)
{
    const char *state = json_string_value(json_object_get(proposal, "state"));
    return str_equal(state, "pending") || str_equal(state, "held");
}

static void take_engine(struct gauges *gauges, struct engine *engine, instant_ms now)
{
    struct buf status = {0};
    engine_status(engine, &status);
    json_t *root = json_loads(buf_str(&status), 0, NULL), *ladder;
    size_t i;
    json_array_foreach(json_object_get(root, "warnings"), i, ladder)
    {
        const json_t *proposal = json_object_get(ladder, "proposal");
        const json_t *hand = json_object_get(ladder, "hand");
        gauges->episodes += json_object_get(ladder, "episode") != NULL;
        gauges->proposals += waits(proposal) + waits(hand);
    }
    json_decref(root);
    buf_release(&status);
    gauges->behind = engine_now(engine) - now;
}

static int add_tally(void *arg, const struct outbox_tally *tally)
{
    struct gauges *gauges = arg;
    if (gauges->outbox_count == GAUGES_OUTBOX_MAX)
        return 1;
    struct gauges_outbox *row = &gauges->outbox[gauges->outbox_count++];
    *row = (struct gauges_outbox){
        .state = tally->state, .count = tally->count, .oldest = tally->oldest};
    snprintf(row->gateway, sizeof row->gateway, "%s", tally->gateway[0] ? tally->gateway : "none");
    return 0;
}

static int count_reign(void *arg, const struct reign *reign)
{
    struct gauges *gauges = arg;
    (void)reign;
    gauges->generations++;
    return 0;
}

/* 0 where there is no such file; -1: it cannot be told. */
static int64_t file_bytes(const char *path, const char *suffix)
{
    char name[4096];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (stat(name, &status) == 0)
        return (int64_t)status.st_size;
    return errno == ENOENT && *suffix ? 0 : -1;
}

static const char *part_name(enum gauges_part part)
{
    static const char *const names[] = {"outbox", "chases", "generations", "size"};
    return names[part];
}

static void note(struct gauges *gauges, enum gauges_part part, bool failed, const char *trouble)
{
    gauges->failed[part] = failed;
    if (failed && !gauges->trouble[0])
        snprintf(gauges->trouble, sizeof gauges->trouble, "%s: %s", part_name(part), trouble);
}

static void take_size(struct gauges *gauges, const char *path)
{
    int64_t file = file_bytes(path, ""), log = file_bytes(path, "-wal");
    gauges->store_bytes = file + log;
    gauges->free_bytes = folder_free_bytes(path);
    note(gauges, GAUGES_SIZE, file < 0 || log < 0 || gauges->free_bytes == INT64_MAX, path);
}

/* Each by itself: what cannot be read hides nothing of the rest. */
static void take_store(struct gauges *gauges, struct store *store, instant_ms now)
{
    int err = outbox_tally(store, add_tally, gauges);
    note(gauges, GAUGES_OUTBOX, err < 0, store_message(store));
    err = chase_count(store, now, &gauges->chased, &gauges->overdue);
    note(gauges, GAUGES_CHASES, err < 0, store_message(store));
    err = reigns_read(store, count_reign, gauges);
    note(gauges, GAUGES_GENERATIONS, err < 0, store_message(store));
    take_size(gauges, store_path(store));
}

void gauges_take(struct gauges *ret_gauges, const struct view *view)
{
    *ret_gauges = (struct gauges){
        .taken = true, .now = view->now, .policy = view->live != NULL, .paused = view->paused};
    if (view->live)
        take_engine(ret_gauges, view->live->engine, view->now);
    take_store(ret_gauges, view->store, view->now);
}

/* ---- putting -------------------------------------------------------------- */

static void put_outbox(const struct gauges *gauges, struct metrics *metrics)
{
    char labels[160];
    if (gauges->failed[GAUGES_OUTBOX]) {
        metrics_forget(metrics, "yujing_outbox_letters");
        metrics_forget(metrics, "yujing_outbox_oldest_seconds");
        return;
    }
    metrics_clear(metrics, "yujing_outbox_letters");
    metrics_clear(metrics, "yujing_outbox_oldest_seconds");
    for (int i = 0; i < gauges->outbox_count; i++) {
        const struct gauges_outbox *row = &gauges->outbox[i];
        snprintf(labels, sizeof labels, "gateway=\"%s\",state=\"%s\"", row->gateway,
                 outbox_state_name(row->state));
        metrics_set(metrics, "yujing_outbox_letters", labels, (double)row->count);
        if (row->state != OUTBOX_WAITING)
            continue;
        snprintf(labels, sizeof labels, "gateway=\"%s\"", row->gateway);
        metrics_set(metrics, "yujing_outbox_oldest_seconds", labels,
                    gauges->now > row->oldest ? (double)(gauges->now - row->oldest) / 1000 : 0);
    }
}

void gauges_put(const struct gauges *gauges, struct metrics *metrics)
{
    if (!gauges->taken)
        return;
    const struct {
        const char *name;
        int64_t value;
        bool unknown;
    } plain[] = {
        {"yujing_episodes_open", gauges->episodes, false},
        {"yujing_proposals_waiting", gauges->proposals, false},
        {"yujing_chases_overdue", gauges->overdue, gauges->failed[GAUGES_CHASES]},
        {"yujing_policy_generation", gauges->generations, gauges->failed[GAUGES_GENERATIONS]},
        {"yujing_dispatch_paused", gauges->paused, false},
        {"yujing_store_bytes", gauges->store_bytes, gauges->failed[GAUGES_SIZE]},
        {"yujing_store_free_bytes", gauges->free_bytes, gauges->failed[GAUGES_SIZE]},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].unknown)
            metrics_forget(metrics, plain[i].name);
        else
            metrics_set(metrics, plain[i].name, NULL, (double)plain[i].value);
    }
    put_outbox(gauges, metrics);
}

bool gauges_count_failures(const struct gauges *gauges, struct metrics *metrics)
{
    bool any = false;
    for (enum gauges_part part = 0; part < GAUGES_PARTS; part++) {
        char labels[40];
        if (!gauges->failed[part])
            continue;
        snprintf(labels, sizeof labels, "part=\"%s\"", part_name(part));
        metrics_add(metrics, "yujing_gauge_failures_total", labels, 1);
        any = true;
    }
    return any;
}
