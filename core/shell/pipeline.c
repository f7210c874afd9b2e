/* One turn after another. */
#include "shell/pipeline.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/dispatch.h"
#include "shell/record.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/outbox.h"
#include "store/snapshot.h"
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_TICKS_MAX =
        512, /* ticks of one turn when no fact asks for them: a long silence is made up in pieces */
};

struct pipeline {
    struct store *store;
    struct pipeline_options options;
    struct engine_options engine_options;
    struct generation
        *generation; /* NULL before the first turn, after a failure, and while nothing is known */
    bool known;      /* generation is what the journal says */
    const struct bundle *wanted; /* shall be in force */
    bool restarted;              /* what was being sent when we died is due again */
    int64_t snapshot_seq;
};
struct working { /* one turn's needs */
    struct pipeline *pipeline;
    struct turn *turn;
    struct store_tx *tx;
    instant_ms now; /* one reading of the clock for the whole turn */
    struct recorder recorder;
};

static void take_back(struct turn *turn)
{
    events_release(&turn->events);
    parcels_free(turn->parcels);
    turn->parcels = NULL;
}

void turn_release(struct turn *turn)
{
    take_back(turn);
    findings_release(&turn->findings);
}

struct pipeline *pipeline_new(struct store *store, const struct bundle *bundle,
                              const struct pipeline_options *options)
{
    struct pipeline *pipeline = xcalloc(1, sizeof *pipeline);
    *pipeline = (struct pipeline){
        .store = store,
        .options = *options,
        .engine_options = {.approvals = options->approvals, .drill = options->drill},
        .wanted = bundle,
    };
    return pipeline;
}

const struct generation *pipeline_generation(const struct pipeline *pipeline)
{
    return pipeline->generation;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    generation_free(pipeline->generation);
    free(pipeline);
}

/* ---- time -------------------------------------------------------------- */

/* A tick happens when it was due, also when we are late for it: so the journal reads the same
 * whether we were busy, asleep or away. */
static int step_ticks(struct working *working, instant_ms until, int max, bool *ret_more)
{
    struct engine *engine = working->pipeline->generation->engine;
    instant_ms due;
    int err = 0, ticks = 0;
    while (err == 0 && (due = engine_due(engine)) != INSTANT_NONE && due <= until) {
        if (ticks++ == max) {
            *ret_more = true;
            break;
        }
        struct fact tick = {.kind = FACT_TICK, .arrival = due};
        err = record_ours(&working->recorder, &tick);
    }
    return err;
}

/* ---- the policy -------------------------------------------------------- */

static int take_over(struct working *working, struct generation *new, instant_ms at)
{
    struct pipeline *pipeline = working->pipeline;
    char *dropped = NULL;
    int err = generation_inherit(new, pipeline->generation, &dropped);
    if (err == 0 && dropped)
        events_add(&working->turn->events, LOG_WARNING, "policy.dropped", "%s", dropped);
    free(dropped);
    if (err < 0) {
        generation_free(new);
        return err;
    }
    generation_free(pipeline->generation);
    pipeline->generation = new;
    working->recorder.generation = new;
    struct fact policy = {.kind = FACT_POLICY, .arrival = at};
    policy.policy.hash = generation_hash(new);
    return record_ours(&working->recorder, &policy);
}

/* The wanted policy is copied out of its bundle into the store first and comes into force from
 * there, so that what is at work is always what a later start will find. */
static int change_policy(struct working *working, instant_ms at)
{
    struct pipeline *pipeline = working->pipeline;
    const struct generation *old = pipeline->generation;
    if (old && str_equal(generation_hash(old), pipeline->wanted->hash))
        return 0;
    struct generation *new = NULL;
    int err = archive_put(working->tx, pipeline->wanted, pipeline->options.with_json);
    if (err == 0)
        err = generation_of_store(&new, pipeline->store, pipeline->wanted->hash,
                                  &pipeline->engine_options, &working->turn->findings);
    if (err < 0)
        return err;
    events_add(&working->turn->events, LOG_INFO, "policy",
               tr("policy %s is in force", "预案版本 %s 生效"), generation_hash(new));
    return take_over(working, new, at);
}

/* ---- a turn ------------------------------------------------------------ */

static instant_ms arrival_of(const struct working *working, const struct fact *fact)
{
    const struct pipeline *pipeline = working->pipeline;
    instant_ms arrival = pipeline->options.timing == TIME_BY_CLOCK ? working->now : fact->arrival;
    instant_ms last =
        pipeline->generation ? engine_now(pipeline->generation->engine) : INSTANT_NONE;
    return arrival > last ? arrival : last;
}

static int accept_fact(struct working *working, const struct fact *given, struct tally *tally)
{
    enum journal_answer answer;
    int err = journal_look(working->pipeline->store, given, &answer);
    if (err < 0)
        return err;
    if (answer == JOURNAL_REPEAT) {
        tally->repeats++;
        return 0;
    }
    struct fact fact = *given;
    fact.arrival = arrival_of(working, given);
    fact.conflict = answer == JOURNAL_CONFLICT;
    if (fact.conflict)
        events_add(&working->turn->events, LOG_ALARM, "fact.conflict",
                   tr("%s %s was reported before with other content; kept, not used",
                      "%s %s 曾以不同内容上报；已留存，不予采用"),
                   fact.source, fact.id);
    bool more = false;
    err = change_policy(working, fact.arrival);
    if (err == 0)
        err = step_ticks(working, fact.arrival, INT32_MAX, &more);
    if (err == 0)
        err = record_fact(&working->recorder, &fact);
    tally->taken++;
    tally->conflicts += fact.conflict;
    return err;
}

static int accept_deliveries(struct working *working)
{
    int err = 0;
    for (struct delivery *d = working->turn->deliveries; d && err == 0; d = d->next) {
        d->tally = (struct tally){0};
        for (size_t i = 0; i < d->count && err == 0; i++)
            err = accept_fact(working, d->facts[i], &d->tally);
    }
    return err;
}

/* Without facts time passes all the same, unless it is theirs to tell. */
static int pass_time(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    if (pipeline->options.timing == TIME_BY_FACTS)
        return 0;
    instant_ms last =
        pipeline->generation ? engine_now(pipeline->generation->engine) : INSTANT_NONE;
    int err = change_policy(working, working->now > last ? working->now : last);
    return err < 0 ? err : step_ticks(working, working->now, IDLE_TICKS_MAX, &working->turn->more);
}

static int settle_parcels(struct working *working)
{
    const char *channel = working->pipeline->options.channel;
    int err = 0;
    for (const struct parcel *p = working->turn->returned; p && err == 0; p = p->next) {
        if (!p->trouble) {
            err = outbox_delivered(working->tx, p->id, channel);
            continue;
        }
        events_add(&working->turn->events, LOG_WARNING, "order.failed", "%s (%d): %s", p->id,
                   p->attempts, p->trouble);
        err = outbox_retry(working->tx, p->id, channel,
                           working->now + dispatch_pause_ms(p->attempts), p->trouble);
    }
    return err;
}

static void take_parcel(void *arg, const struct outbox_order *order)
{
    struct parcel ***end = arg;
    struct parcel *parcel = xcalloc(1, sizeof *parcel);
    *parcel = (struct parcel){
        .id = xstrdup(order->id),
        .recipient = order->recipient ? xstrdup(order->recipient) : NULL,
        .bytes = xmalloc(order->size),
        .size = order->size,
        .attempts = order->attempts,
    };
    memcpy(parcel->bytes, order->bytes, order->size);
    **end = parcel;
    *end = &parcel->next;
}

static int take_parcels(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    struct turn *turn = working->turn;
    if (pipeline->options.effects == EFFECTS_NONE)
        return 0;
    struct parcel **end = &turn->parcels;
    int room = turn->last ? 0 : turn->room;
    int err =
        outbox_take(working->tx, pipeline->options.channel, working->now, room, take_parcel, &end);
    return err < 0 ? err
                   : outbox_next(pipeline->store, pipeline->options.channel, &turn->attempt_due);
}

static int take_snapshot(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    int64_t rows = journal_end(working->tx) - pipeline->snapshot_seq;
    if (!pipeline->generation || rows == 0 ||
        (!working->turn->last && rows < pipeline->options.snapshot_facts))
        return 0;
    struct buf bytes = {0};
    engine_save(pipeline->generation->engine, &bytes);
    int err = snapshot_put(working->tx, generation_hash(pipeline->generation), buf_str(&bytes),
                           bytes.size);
    buf_release(&bytes);
    if (err == 0)
        pipeline->snapshot_seq = journal_end(working->tx);
    return err;
}

static int restart_outbox(struct working *working)
{
    if (working->pipeline->restarted)
        return 0;
    return outbox_restart(working->tx);
}

static int know(struct pipeline *pipeline, struct turn *turn)
{
    struct recovery recovery = {0};
    if (pipeline->known)
        return 0;
    int err = recover(pipeline->store, &pipeline->engine_options, &pipeline->generation, &recovery,
                      &turn->findings);
    if (err < 0)
        return err;
    pipeline->known = true;
    pipeline->snapshot_seq = recovery.snapshot;
    if (recovery.last > 0)
        events_add(&turn->events, LOG_INFO, "recovered",
                   tr("%lld facts: snapshot at %lld, then %lld replayed",
                      "共 %lld 条事实：自第 %lld 条的快照起，重放 %lld 条"),
                   (long long)recovery.last, (long long)recovery.snapshot,
                   (long long)recovery.replayed);
    if (recovery.differs > 0)
        events_add(
            &turn->events, LOG_ALARM, "recovered.differs",
            tr("from row %lld on this version decides otherwise than the record, which stands",
               "自第 %lld 条起，本版本的判定与记录不一致；以记录为准"),
            (long long)recovery.differs);
    return 0;
}

static int work(struct working *working)
{
    int (*const phases[])(struct working *) = {restart_outbox, settle_parcels, accept_deliveries,
                                               pass_time,      take_snapshot,  take_parcels};
    int err = 0;
    for (size_t i = 0; i < sizeof phases / sizeof *phases && err == 0; i++)
        err = phases[i](working);
    return err;
}

static void finish(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    struct turn *turn = working->turn;
    const struct generation *generation = pipeline->generation;
    pipeline->restarted = true;
    if (generation && pipeline->options.timing == TIME_BY_CLOCK)
        turn->tick_due = engine_due(generation->engine);
    if (working->recorder.orders > 0)
        events_add(&turn->events, LOG_INFO, "orders",
                   pipeline->options.effects == EFFECTS_NONE
                       ? tr("%d orders recorded in shadow; nothing leaves",
                            "影子运行：记录 %d 条指令，不发送")
                       : tr("%d orders to send", "待发送指令 %d 条"),
                   working->recorder.orders);
}

/* Nothing of this turn happened: what it said is taken back, and the engine, which is ahead, is
 * dropped. */
static void undo(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    take_back(working->turn);
    store_rollback(working->tx);
    generation_free(pipeline->generation);
    pipeline->generation = NULL;
    pipeline->known = false;
}

int pipeline_turn(struct pipeline *pipeline, struct turn *turn)
{
    struct working working = {.pipeline = pipeline, .turn = turn};
    working.now = clock_now(&pipeline->options.clock);
    turn->tick_due = turn->attempt_due = INSTANT_NONE;
    turn->more = false;
    int err = know(pipeline, turn);
    if (err == 0)
        err = store_begin(pipeline->store, working.now, &working.tx);
    working.recorder = (struct recorder){
        .tx = working.tx,
        .generation = pipeline->generation,
        .effects = pipeline->options.effects,
        .channel = pipeline->options.channel,
        .events = &turn->events,
    };
    if (err == 0)
        err = work(&working);
    if (err == 0)
        err = store_commit(working.tx);
    if (err < 0) {
        undo(&working);
        return err;
    }
    finish(&working);
    return 0;
}
