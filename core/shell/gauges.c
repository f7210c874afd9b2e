/* Taking and putting figures. */
#include "shell/gauges.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/engine.h"
#include "shell/folder.h"
#include "shell/metrics.h"
#include "store/chases.h"
#include "store/reigns.h"
#include <stdio.h>
#include <sys/stat.h>

/* ---- taking --------------------------------------------------------------- */

static void take_engine(struct gauges *gauges, struct engine *engine, instant_ms now)
{
    struct buf status = {0};
    engine_status(engine, &status);
    json_t *root = json_loads(buf_str(&status), 0, NULL), *ladder;
    size_t i;
    json_array_foreach(json_object_get(root, "warnings"), i, ladder)
    {
        const json_t *proposal = json_object_get(ladder, "proposal");
        const char *state = json_string_value(json_object_get(proposal, "state"));
        gauges->episodes += json_object_get(ladder, "episode") != NULL;
        gauges->proposals += state && (state[0] == 'p' || state[0] == 'h'); /* pending, held */
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

static int64_t file_bytes(const char *path, const char *suffix)
{
    char name[4096];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &status) == 0 ? (int64_t)status.st_size : 0;
}

static void take_store(struct gauges *gauges, struct store *store, instant_ms now)
{
    const char *path = store_path(store);
    int err = outbox_tally(store, add_tally, gauges);
    if (err >= 0)
        err = chase_count(store, now, &gauges->chased, &gauges->overdue);
    if (err >= 0)
        (void)reigns_read(store, count_reign, gauges);
    gauges->store_bytes = file_bytes(path, "") + file_bytes(path, "-wal");
    gauges->free_bytes = folder_free_bytes(path);
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
    } plain[] = {
        {"yujing_episodes_open", gauges->episodes},
        {"yujing_proposals_waiting", gauges->proposals},
        {"yujing_chases_overdue", gauges->overdue},
        {"yujing_policy_generation", gauges->generations},
        {"yujing_dispatch_paused", gauges->paused},
        {"yujing_store_bytes", gauges->store_bytes},
        {"yujing_store_free_bytes", gauges->free_bytes},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        metrics_set(metrics, plain[i].name, NULL, (double)plain[i].value);
    put_outbox(gauges, metrics);
}
