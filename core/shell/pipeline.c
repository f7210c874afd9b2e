/* One turn after another. */
#include "shell/pipeline.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/acts.h"
#include "shell/chase.h"
#include "shell/outgoing.h"
#include "shell/pages.h"
#include "shell/record.h"
#include "shell/recover.h"
#include "shell/succession.h"
#include "shell/timekeeper.h"
#include "store/anchor.h"
#include "store/journal.h"
#include "store/snapshot.h"
#include <stdlib.h>

enum {
    IDLE_TICKS_MAX =
        512, /* ticks of one turn when no fact asks for them: a long silence is made up in pieces */
};

struct pipeline {
    struct store *store;
    struct pipeline_options options;
    struct engine_options engine_options;
    struct succession succession;
    struct settings *settings;
    struct outgoing *outgoing;
    struct timekeeper timekeeper;
    bool known;     /* generation and settings are what the store says */
    bool restarted; /* what was being sent when we died is due again */
    int64_t snapshot_seq;
};
struct working { /* one turn's needs */
    struct pipeline *pipeline;
    struct turn *turn;
    struct store_tx *tx;
    instant_ms now, steady; /* one reading of the clocks for the whole turn */
    struct post post;
    struct recorder recorder;
};

static void take_back(struct turn *turn)
{
    events_release(&turn->events);
    parcels_free(turn->parcels);
    turn->parcels = NULL;
    intern_release(&turn->ended);
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
        .engine_options = {.approvals = options->approvals,
                           .drill = options->drill,
                           .strict = options->approvals == APPROVALS_BY_FACT},
        .settings = settings_new(),
        .outgoing = outgoing_new(options->routing),
    };
    succession_init(&pipeline->succession, store, &pipeline->engine_options, bundle,
                    options->with_json);
    timekeeper_init(&pipeline->timekeeper, &options->clock);
    return pipeline;
}

bool pipeline_has_considered(const struct pipeline *pipeline)
{
    return !pipeline->succession.wanted;
}

const struct generation *pipeline_generation(const struct pipeline *pipeline)
{
    return pipeline->succession.generation;
}

bool pipeline_clock_is_off(const struct pipeline *pipeline)
{
    return pipeline->options.timing == TIME_BY_CLOCK && timekeeper_is_off(&pipeline->timekeeper);
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    succession_release(&pipeline->succession);
    outgoing_free(pipeline->outgoing);
    settings_free(pipeline->settings);
    free(pipeline);
}

/* ---- time -------------------------------------------------------------- */

static struct engine *engine_of(const struct working *working)
{
    const struct generation *generation = working->pipeline->succession.generation;
    return generation ? generation->engine : NULL;
}

static instant_ms engine_last(const struct working *working)
{
    const struct engine *engine = engine_of(working);
    return engine ? engine_now(engine) : INSTANT_NONE;
}

/* A tick happens when it was due, also when we are late for it: so the journal reads the same
 * whether we were busy, asleep or away. */
static int step_ticks(struct working *working, instant_ms until, int max, bool *ret_more)
{
    struct engine *engine = engine_of(working);
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

static int start_policy(struct working *working, instant_ms at)
{
    return succession_start(&working->pipeline->succession, &working->recorder, at,
                            &working->turn->findings);
}

static int check_clock(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    if (pipeline->options.timing == TIME_BY_FACTS)
        return 0;
    return timekeeper_check(&pipeline->timekeeper, working->tx, &working->turn->events);
}

/* Without facts time passes all the same, unless it is theirs to tell. */
static int pass_time(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    if (pipeline->options.timing == TIME_BY_FACTS)
        return 0;
    instant_ms last = engine_last(working);
    int err = start_policy(working, working->now > last ? working->now : last);
    return err < 0 ? err : step_ticks(working, working->now, IDLE_TICKS_MAX, &working->turn->more);
}

/* ---- facts -------------------------------------------------------------- */

static struct view view_of(const struct working *working)
{
    const struct pipeline *pipeline = working->pipeline;
    return (struct view){
        .live = pipeline->succession.generation,
        .shadow = pipeline->succession.shadow.generation,
        .store = pipeline->store,
        .now = working->now,
        .paused = settings_paused(pipeline->settings) != NULL,
        .routing = pipeline->options.routing,
        .settings = pipeline->settings,
    };
}

static instant_ms arrival_of(const struct working *working, const struct fact *fact)
{
    bool by_clock = working->pipeline->options.timing == TIME_BY_CLOCK;
    instant_ms arrival = by_clock ? working->now : fact->arrival, last = engine_last(working);
    return arrival > last ? arrival : last;
}

static bool is_refused(struct working *working, struct delivery *delivery, const struct fact *fact)
{
    if (!delivery->gate)
        return false;
    struct view view = view_of(working);
    bool refused = delivery->gate(delivery->arg, &view, fact) != 0;
    delivery->tally.refused += refused;
    return refused;
}

/* What a recorded fact means to the daemon itself. */
static int heed(struct working *working, const struct delivery *delivery, const struct fact *fact)
{
    if (fact->conflict)
        return 0;
    if (fact->kind == FACT_RECEIPT)
        return chase_receipt(&working->post, fact);
    if (fact->kind != FACT_DECISION)
        return 0;
    int err = acts_apply(&working->post, fact);
    return err < 0 ? err
                   : succession_act(&working->pipeline->succession, &working->recorder, fact,
                                    delivery->bundle);
}

static int take_fact(struct working *working, struct delivery *delivery, struct fact *fact)
{
    bool more = false;
    int err = start_policy(working, fact->arrival);
    if (err == 0)
        err = step_ticks(working, fact->arrival, INT32_MAX, &more);
    if (err < 0 || is_refused(working, delivery, fact))
        return err;
    if (fact->conflict)
        events_add(&working->turn->events, LOG_ALARM, "fact.conflict",
                   tr("%s %s was reported before with other content; kept, not used",
                      "%s %s 曾以不同内容上报；已留存，不予采用"),
                   fact->source, fact->id);
    err = record_fact(&working->recorder, fact);
    delivery->tally.taken++;
    delivery->tally.conflicts += fact->conflict;
    return err < 0 ? err : heed(working, delivery, fact);
}

static int accept_fact(struct working *working, struct delivery *delivery, const struct fact *given)
{
    enum journal_answer answer;
    int err = journal_look(working->pipeline->store, given, &answer);
    if (err < 0)
        return err;
    if (answer == JOURNAL_REPEAT) {
        delivery->tally.repeats++;
        return 0;
    }
    struct fact fact = *given;
    fact.arrival = arrival_of(working, given);
    fact.conflict = answer == JOURNAL_CONFLICT;
    return take_fact(working, delivery, &fact);
}

static int accept_deliveries(struct working *working)
{
    int err = 0;
    for (struct delivery *d = working->turn->deliveries; d && err == 0; d = d->next) {
        d->tally = (struct tally){0};
        for (size_t i = 0; i < d->count && err == 0; i++)
            err = accept_fact(working, d, d->facts[i]);
        if (err == 0 && d->setting)
            err = settings_set(working->pipeline->settings, working->tx, d->setting, d->value);
    }
    return err;
}

/* ---- letters -------------------------------------------------------------- */

static int raise_alarms(struct working *working)
{
    const struct events *alarms = &working->turn->alarms;
    for (size_t i = 0; i < alarms->count; i++)
        events_add(&working->turn->events, LOG_ALARM, alarms->items[i].name, "%s",
                   alarms->items[i].text);
    return 0;
}

static int restart_outbox(struct working *working)
{
    const struct pipeline *pipeline = working->pipeline;
    return pipeline->restarted ? 0 : outgoing_restart(pipeline->outgoing, &working->post);
}

static int settle_parcels(struct working *working)
{
    return outgoing_settle(working->pipeline->outgoing, &working->post, working->turn->returned,
                           working->steady);
}

static void look_again(struct turn *turn, instant_ms at)
{
    if (at != INSTANT_NONE && (turn->attempt_due == INSTANT_NONE || at < turn->attempt_due))
        turn->attempt_due = at;
}

/* Reminders, escalations and pages are made under a policy; before the first there is nothing to
 * say. */
static int make_letters(struct working *working)
{
    instant_ms chase = INSTANT_NONE, lost = INSTANT_NONE;
    if (!working->post.generation)
        return 0;
    int err = chase_run(&working->post, &chase);
    if (err == 0)
        err = pages_run(&working->post, &lost);
    look_again(working->turn, chase);
    look_again(working->turn, lost);
    return err;
}

static int take_parcels(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    instant_ms due = INSTANT_NONE;
    if (pipeline->options.effects == EFFECTS_NONE || working->turn->last)
        return 0;
    int err =
        outgoing_take(pipeline->outgoing, &working->post, working->steady, &working->turn->parcels);
    if (err == 0)
        err = outgoing_due(pipeline->outgoing, &working->post, working->steady, &due,
                           &working->turn->crowded);
    look_again(working->turn, due);
    return err;
}

/* ---- a turn ------------------------------------------------------------ */

static int take_snapshot(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    const struct generation *generation = pipeline->succession.generation;
    int64_t rows = journal_end(working->tx) - pipeline->snapshot_seq;
    if (!generation || rows == 0 ||
        (!working->turn->last && rows < pipeline->options.snapshot_facts))
        return 0;
    struct buf bytes = {0};
    engine_save(generation->engine, &bytes);
    int err = snapshot_put(working->tx, generation_hash(generation), buf_str(&bytes), bytes.size);
    buf_release(&bytes);
    if (err == 0)
        err = shadow_keep(&pipeline->succession.shadow, working->tx);
    if (err == 0)
        pipeline->snapshot_seq = journal_end(working->tx);
    return err;
}

static void tell_recovery(struct turn *turn, const struct recovery *recovery)
{
    if (recovery->last > 0)
        events_add(&turn->events, LOG_INFO, "recovered",
                   tr("%lld facts: snapshot at %lld, then %lld replayed",
                      "共 %lld 条事实：自第 %lld 条的快照起，重放 %lld 条"),
                   (long long)recovery->last, (long long)recovery->snapshot,
                   (long long)recovery->replayed);
    if (recovery->differs > 0)
        events_add(
            &turn->events, LOG_ALARM, "recovered.differs",
            tr("from row %lld on this version decides otherwise than the record, which stands",
               "自第 %lld 条起，本版本的判定与记录不一致；以记录为准"),
            (long long)recovery->differs);
}

static int know(struct pipeline *pipeline, struct turn *turn)
{
    struct succession *succession = &pipeline->succession;
    struct recovery recovery = {0};
    if (pipeline->known)
        return 0;
    int err = settings_load(pipeline->settings, pipeline->store);
    if (err == 0)
        err = recover(pipeline->store, succession->folders, &pipeline->engine_options,
                      &succession->generation, &recovery, &turn->findings);
    if (err == 0)
        err = shadow_know(&succession->shadow, settings_get(pipeline->settings, "shadow"),
                          succession->generation, &turn->events);
    if (err < 0)
        return err;
    pipeline->known = true;
    pipeline->snapshot_seq = recovery.snapshot;
    tell_recovery(turn, &recovery);
    return 0;
}

static int work(struct working *working)
{
    int (*const phases[])(struct working *) = {raise_alarms,   restart_outbox,    check_clock,
                                               settle_parcels, accept_deliveries, pass_time,
                                               make_letters,   take_snapshot,     take_parcels};
    int err = 0;
    for (size_t i = 0; i < sizeof phases / sizeof *phases && err == 0; i++)
        err = phases[i](working);
    return err;
}

static void finish(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    struct turn *turn = working->turn;
    struct engine *engine = engine_of(working);
    pipeline->restarted = true;
    succession_committed(&pipeline->succession);
    timekeeper_committed(&pipeline->timekeeper);
    if (engine && pipeline->options.timing == TIME_BY_CLOCK)
        turn->tick_due = engine_due(engine);
    if (engine)
        engine_rest(engine);
    if (working->post.letters > 0)
        events_add(&turn->events, LOG_INFO, "orders",
                   pipeline->options.effects == EFFECTS_NONE
                       ? tr("letters recorded in shadow, none leaves: %d",
                            "影子运行：记录信件 %d 件，不发送")
                       : tr("letters to send: %d", "待发送信件 %d 件"),
                   working->post.letters);
}

/* After the commit, so that the answers hold. */
static void answer_questions(struct working *working)
{
    struct view view = view_of(working);
    for (struct question *q = working->turn->questions; q; q = q->next)
        q->answer(q->arg, &view);
}

/* Nothing of this turn happened: what it said is taken back, and the engine, which is ahead, is
 * dropped. */
static void undo(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    outgoing_untake(pipeline->outgoing, working->turn->parcels);
    take_back(working->turn);
    store_rollback(working->tx);
    succession_release(&pipeline->succession);
    pipeline->succession.considered = false;
    pipeline->known = false;
}

static void begin(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    const struct pipeline_options *options = &pipeline->options;
    working->post = (struct post){
        .store = pipeline->store,
        .tx = working->tx,
        .generation = pipeline->succession.generation,
        .routing = options->routing,
        .settings = pipeline->settings,
        .ack = options->ack,
        .events = &working->turn->events,
        .effects = options->effects,
        .drill = options->drill,
        .now = working->now,
        .ended = &working->turn->ended,
    };
    working->recorder =
        (struct recorder){.post = &working->post, .shadow = &pipeline->succession.shadow};
}

/* The head of the chain, once a day and at the stop: for a place where the store is not. */
static void tell_anchor(struct working *working)
{
    const struct anchor *anchor = anchor_written(working->pipeline->store);
    struct buf line = {0};
    if (!anchor)
        return;
    anchor_print(&line, anchor);
    events_add(&working->turn->events, LOG_INFO, "anchor",
               tr("to be kept elsewhere: %s", "请异地留存：%s"), buf_str(&line));
    buf_release(&line);
}

static int transact(struct working *working)
{
    struct pipeline *pipeline = working->pipeline;
    int err = know(pipeline, working->turn);
    if (err == 0)
        err = store_begin(pipeline->store, working->now, &working->tx);
    begin(working);
    if (err == 0)
        err = work(working);
    if (err == 0 && working->turn->last)
        anchor_ask(working->tx);
    if (err == 0)
        err = store_commit(working->tx);
    if (err == 0)
        tell_anchor(working);
    return err;
}

int pipeline_turn(struct pipeline *pipeline, struct turn *turn)
{
    struct working working = {.pipeline = pipeline, .turn = turn};
    timekeeper_read(&pipeline->timekeeper);
    working.now = pipeline->timekeeper.wall;
    working.steady = pipeline->timekeeper.steady;
    turn->tick_due = turn->attempt_due = INSTANT_NONE;
    turn->more = turn->crowded = false;
    int err = turn->look ? know(pipeline, turn) : transact(&working);
    if (err < 0) {
        undo(&working);
        return err;
    }
    if (!turn->look)
        finish(&working);
    answer_questions(&working);
    return 0;
}
