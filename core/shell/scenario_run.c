/* Running a scenario.
 *
 * Three sources of events are merged: the feed (known beforehand), the agenda (injects, the facts
 * they bring, receipts, deadlines) and the engine's own ticks.  At one instant ticks come first,
 * then the feed, then the agenda in the order it was written; deadlines last, so that they see
 * everything that was in time. */
#include "shell/scenario_run.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/agenda.h"
#include "shell/replay.h"
#include "shell/run_fault.h"
#include "shell/run_record.h"
#include "shell/scenario_data.h"
#include <stdlib.h>

struct running {
    struct run *run;
    struct scenario *scenario;
    const struct run_options *options;
    struct engine *engine;
    struct agenda agenda;
    size_t fed; /* facts of the feed that were stepped */
    instant_ms now, until;
    bool open_end; /* no stop_at: the run ends with its last event */
    bool forked;
    struct faults faults;
    struct hasher *hasher;
    struct buf bytes;
    char *plan; /* hash of the proposal that waits */
    instant_ms charted;
};

static void later(instant_ms *latest, instant_ms instant)
{
    if (instant != INSTANT_NONE && (*latest == INSTANT_NONE || instant > *latest))
        *latest = instant;
}

/* ---- decisions ---- */

static void plan_inject(struct running *running, int number, instant_ms at)
{
    struct run *run = running->run;
    if (run->begun[number] != INSTANT_NONE)
        return;
    run->begun[number] = at; /* it will begin; `begun` keeps a second trigger away */
    agenda_add(&running->agenda, (struct event){.at = at, .kind = EVENT_INJECT, .number = number});
}

static bool text_agrees(const char *wanted, const char *text)
{
    return !wanted || str_equal(wanted, text);
}

static bool when_agrees(const struct inject_when *when, const struct record *record)
{
    bool level = !when->level || (str_equal(when->level, "none")
                                      ? record->kind == DECISION_LIFT
                                      : str_equal(when->level, record->level) &&
                                            (when->kind >= 0 || record_is_transition(record)));
    return when->expect < 0 && level && (when->kind < 0 || when->kind == (int)record->kind) &&
           text_agrees(when->rule, record->rule) && text_agrees(when->to, record->to);
}

static void trigger(struct running *running, const struct record *record)
{
    for (size_t i = 0; i < running->scenario->inject_count; i++) {
        const struct inject *inject = &running->scenario->injects[i];
        if (inject->trigger == TRIGGER_WHEN && when_agrees(&inject->when, record))
            plan_inject(running, (int)i, record->at + inject->delay);
    }
}

static void plan_answers(struct running *running, size_t number)
{
    const struct record *record = &running->run->records[number];
    const struct registry *registry = &running->run->policy->registry;
    bool forked = running->forked && running->options->fork_bots;
    const struct bots *bots = forked ? running->options->fork_bots : &running->scenario->bots;
    uint64_t seed = forked ? running->options->fork_seed : running->scenario->seed;
    if (!record->order || record->recipient < 0)
        return;
    struct bot_answer answer = bots_answer(bots, seed, record->order,
                                           &registry->recipients[record->recipient], record->at);
    const struct {
        instant_ms at;
        enum receipt_kind kind;
    } receipts[] = {{answer.delivered, RECEIPT_DELIVERED},
                    {answer.acknowledged, RECEIPT_ACKNOWLEDGED},
                    {answer.refused, RECEIPT_REFUSED},
                    {answer.done, RECEIPT_DONE}};
    for (size_t i = 0; i < sizeof receipts / sizeof *receipts; i++) {
        if (receipts[i].at != INSTANT_NONE)
            agenda_add(&running->agenda, (struct event){.at = receipts[i].at,
                                                        .kind = EVENT_RECEIPT,
                                                        .number = (int)number,
                                                        .receipt = receipts[i].kind,
                                                        .text = answer.bot->reason});
    }
}

static int decided(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct running *running = arg;
    size_t number = run_record(running->run, cause, decision);
    struct record *record = &running->run->records[number];
    const struct run_observer *observer = &running->options->observer;
    if (decision->kind == DECISION_PROPOSE && decision->plan) {
        free(running->plan);
        running->plan = xstrdup(decision->plan->hash);
    }
    if (observer->decided)
        observer->decided(observer->arg, record);
    trigger(running, record);
    plan_answers(running, number);
    return 0;
}

/* ---- facts ---- */

static int step_fact(struct running *running, const struct fact *fact)
{
    struct step step = {0};
    fact = through_faults(&running->faults, running->run, fact);
    if (!fact)
        return 0;
    buf_clear(&running->bytes);
    fact_print(&running->bytes, fact);
    buf_putc(&running->bytes, '\n');
    hasher_add(running->hasher, running->bytes.data, running->bytes.size);
    running->run->facts++;
    run_keep_bulletin(running->run, fact);
    int err = engine_step(running->engine, fact, &step);
    for (size_t i = 0; err >= 0 && i < step.count; i++)
        decided(running, fact, &step.decisions[i]);
    return err;
}

/* ---- what the agenda holds ---- */

static const char *newest_order(void *arg, const char *to, const char *rule)
{
    const struct running *running = arg;
    for (size_t i = running->run->record_count; i-- > 0;) {
        const struct record *record = &running->run->records[i];
        if (record->order && text_agrees(to, record->to) && text_agrees(rule, record->rule))
            return record->order;
    }
    return NULL;
}

static void begin_data(struct running *running, int number, instant_ms at)
{
    const struct inject *inject = &running->scenario->injects[number];
    struct findings findings = {0}; /* scenario_bind has told them all */
    struct fact_list list = {0};
    struct data_context context = {.policy = running->run->policy,
                                   .arena = &running->run->arena,
                                   .start = running->scenario->start,
                                   .moment = at,
                                   .id = inject->id,
                                   .plan = running->plan,
                                   .order = newest_order,
                                   .arg = running,
                                   .findings = &findings};
    data_inject(&context, inject->node, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct fact *fact = arena_alloc(&running->run->arena, sizeof *fact);
        *fact = list.items[i];
        if (fact->arrival < at) /* what lies in the past is learnt now */
            fact->arrival = at;
        agenda_add(&running->agenda,
                   (struct event){.at = fact->arrival, .kind = EVENT_FACT, .fact = fact});
    }
    running->run->inject_facts[number] = list.count;
    fact_list_release(&list);
    findings_release(&findings);
}

static bool awaited(const struct scenario *scenario, int expect)
{
    for (size_t i = 0; i < scenario->inject_count; i++)
        if (scenario->injects[i].when.expect == expect)
            return true;
    return false;
}

/* The expectations whose time runs from this inject. */
static void plan_deadlines(struct running *running, int inject)
{
    const struct scenario *scenario = running->scenario;
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct expect *expect = &scenario->expects[i];
        instant_ms deadline = expect_deadline(expect, running->run);
        if (expect->after != inject)
            continue;
        if (running->open_end)
            later(&running->until, deadline);
        if (awaited(scenario, (int)i))
            agenda_add(&running->agenda,
                       (struct event){.at = deadline, .kind = EVENT_DEADLINE, .number = (int)i});
    }
}

static void begin_inject(struct running *running, int number, instant_ms at)
{
    const struct inject *inject = &running->scenario->injects[number];
    const struct run_observer *observer = &running->options->observer;
    if (observer->began)
        observer->began(observer->arg, inject, at);
    if (inject->kind == INJECT_DATA)
        begin_data(running, number, at);
    if (inject->kind == INJECT_FAULT)
        faults_add(&running->faults, inject, at);
    plan_deadlines(running, number);
    for (size_t i = 0; i < running->scenario->inject_count; i++) {
        const struct inject *next = &running->scenario->injects[i];
        if (next->trigger == TRIGGER_AFTER && next->after == number)
            plan_inject(running, (int)i, at + next->delay);
    }
}

static int step_receipt(struct running *running, const struct event *event)
{
    static const char *const words[] = {"delivered", "read", "acknowledged", "refused", "done"};
    struct run *run = running->run;
    const struct record *record = &run->records[event->number];
    const struct run_observer *observer = &running->options->observer;
    struct fact fact = {
        .kind = FACT_RECEIPT,
        .time = event->at,
        .arrival = event->at,
        .source = "bots",
        .id = arena_printf(&run->arena, "%s/%s", record->order, words[event->receipt]),
        .subject = record->order,
        .receipt = {.kind = event->receipt,
                    .channel = "paper",
                    .by = record->to,
                    .reason = event->receipt == RECEIPT_REFUSED ? event->text : NULL},
    };
    run_answer(run, record->order, &fact.receipt, event->at);
    if (observer->answered)
        observer->answered(observer->arg, &run->records[event->number], event->receipt, event->at);
    return step_fact(running, &fact);
}

/* A deadline that an inject waits for. */
static void check_expect(struct running *running, int number, instant_ms at)
{
    const struct expect *expect = &running->scenario->expects[number];
    const struct run_observer *observer = &running->options->observer;
    struct expect_result result = expect_judge(expect, running->run, at);
    if (observer->settled)
        observer->settled(observer->arg, expect, &result, at);
    for (size_t i = 0; i < running->scenario->inject_count; i++) {
        const struct inject *inject = &running->scenario->injects[i];
        if (inject->trigger == TRIGGER_WHEN && inject->when.expect == number &&
            inject->when.failed == (result.outcome == OUTCOME_FAILED))
            plan_inject(running, (int)i, at + inject->delay);
    }
    expect_result_release(&result);
}

static int take_event(struct running *running, const struct event *event)
{
    switch (event->kind) {
    case EVENT_INJECT:
        begin_inject(running, event->number, event->at);
        break;
    case EVENT_FACT:
        if (event->fact->kind == FACT_RECEIPT)
            run_answer(running->run, event->fact->subject, &event->fact->receipt, event->at);
        return step_fact(running, event->fact);
    case EVENT_RECEIPT:
        return step_receipt(running, event);
    case EVENT_DEADLINE:
        check_expect(running, event->number, event->at);
        break;
    }
    return 0;
}

/* ---- time ---- */

static bool earlier(instant_ms a, instant_ms b) /* a is set and before b, or b is not set */
{
    return a != INSTANT_NONE && (b == INSTANT_NONE || a < b);
}

static instant_ms feed_next(const struct running *running)
{
    const struct feed *feed = running->scenario->feed;
    return running->fed < feed_count(feed) ? feed_arrival(feed, running->fed) : INSTANT_NONE;
}

/* Goes over to the other branch: the state is saved and loaded into the other program. */
static int fork_over(struct running *running)
{
    struct engine *engine;
    const struct run_options *options = running->options;
    struct engine_options settings = {.approvals = running->scenario->approvals,
                                      .drill = options->drill,
                                      .trace = options->trace};
    running->forked = true;
    if (!options->fork_program)
        return 0;
    struct buf bytes = {0};
    engine_save(running->engine, &bytes);
    int err = engine_new(&engine, options->fork_program, &settings);
    if (err >= 0) {
        err = engine_load(engine, bytes.data, bytes.size, &running->run->dropped);
        engine_free(running->engine);
        running->engine = engine;
    }
    buf_release(&bytes);
    return err;
}

static void move_to(struct running *running, instant_ms at)
{
    const struct run_observer *observer = &running->options->observer;
    if (running->run->first == INSTANT_NONE)
        running->run->first = at;
    if (running->now != INSTANT_NONE && at > running->now) {
        if (observer->advance)
            observer->advance(observer->arg, running->now, at);
        if (at - running->charted >= 12 * (span_ms)HOUR_MS) {
            run_chart(running->run, running->engine, running->charted - 2 * (span_ms)DAY_MS);
            running->charted = at;
        }
    }
    running->now = at;
    running->run->last = at;
}

static int step_tick(struct running *running, instant_ms due)
{
    struct replay_observer observer = {.decided = decided, .arg = running};
    return replay_ticks(running->engine, due, &observer);
}

/* The next thing that happens.  1: there is nothing more. */
static int next(struct running *running)
{
    instant_ms fed = feed_next(running), planned = agenda_next(&running->agenda);
    instant_ms due = engine_due(running->engine);
    if (running->open_end) {
        later(&running->until, fed);
        later(&running->until, planned);
    }
    instant_ms at = earlier(planned, fed) ? planned : fed;
    bool tick = due != INSTANT_NONE && (at == INSTANT_NONE || due <= at);
    at = tick ? due : at;
    if (at == INSTANT_NONE || running->until == INSTANT_NONE || at > running->until)
        return 1;
    if (running->options->fork_at != INSTANT_NONE && !running->forked &&
        at > running->options->fork_at) {
        int err = fork_over(running);
        return err; /* the other engine may have other dues */
    }
    move_to(running, at);
    if (tick)
        return step_tick(running, due);
    if (fed == at)
        return step_fact(running, feed_fact(running->scenario->feed, running->fed++));
    struct event event = agenda_take(&running->agenda);
    return take_event(running, &event);
}

/* ---- beginning and end ---- */

static void fill_agenda(struct running *running)
{
    const struct scenario *scenario = running->scenario;
    for (size_t i = 0; i < scenario->inject_count; i++) {
        const struct inject *inject = &scenario->injects[i];
        if (inject->trigger == TRIGGER_AT)
            plan_inject(running, (int)i, scenario->start + inject->at);
    }
    for (size_t i = 0; i < scenario->expect_count; i++) {
        instant_ms deadline = expect_deadline(&scenario->expects[i], running->run);
        if (scenario->expects[i].after >= 0)
            continue; /* its time runs from an inject: plan_deadlines */
        if (running->open_end)
            later(&running->until, deadline);
        if (deadline != INSTANT_NONE && awaited(scenario, (int)i))
            agenda_add(&running->agenda,
                       (struct event){.at = deadline, .kind = EVENT_DEADLINE, .number = (int)i});
    }
}

static void run_init(struct run *run, struct scenario *scenario)
{
    *run = (struct run){.scenario = scenario,
                        .policy = scenario->policy,
                        .first = INSTANT_NONE,
                        .last = INSTANT_NONE};
    run->begun = arena_alloc(&run->arena, (scenario->inject_count + 1) * sizeof *run->begun);
    run->inject_facts =
        arena_alloc(&run->arena, (scenario->inject_count + 1) * sizeof *run->inject_facts);
    run->results = arena_alloc(&run->arena, (scenario->expect_count + 1) * sizeof *run->results);
    for (size_t i = 0; i < scenario->inject_count; i++)
        run->begun[i] = INSTANT_NONE;
}

static void run_finish(struct running *running)
{
    struct run *run = running->run;
    unsigned char hash[HASH_BYTES];
    if (running->engine)
        run_chart(run, running->engine, running->charted - 2 * (span_ms)DAY_MS);
    for (size_t i = 0; i < run->scenario->inject_count; i++) {
        if (run->begun[i] != INSTANT_NONE && run->last != INSTANT_NONE && run->begun[i] > run->last)
            run->begun[i] = INSTANT_NONE; /* planned, but the run was over before */
    }
    for (size_t i = 0; i < run->scenario->expect_count; i++)
        run->results[i] = expect_judge(&run->scenario->expects[i], run, INSTANT_NONE);
    hasher_done(running->hasher, hash);
    hash_hex(hash, run->facts_hash);
}

int run_scenario(struct run *ret_run, struct scenario *scenario, struct program *program,
                 const struct run_options *options)
{
    struct engine_options settings = {.approvals = scenario->approvals,
                                      .drill = options->drill,
                                      .trace = options->trace,
                                      .covered = options->covered,
                                      .covered_arg = options->covered_arg};
    struct running running = {.run = ret_run,
                              .scenario = scenario,
                              .options = options,
                              .now = INSTANT_NONE,
                              .until = INSTANT_NONE,
                              .open_end = scenario->stop_at == MOMENT_NONE,
                              .charted = scenario->start - 400 * (span_ms)DAY_MS,
                              .hasher = hasher_new()};
    run_init(ret_run, scenario);
    if (!running.open_end)
        running.until = scenario->start + scenario->stop_at;
    fill_agenda(&running);
    int answer = engine_new(&running.engine, program, &settings);
    while (answer == 0)
        answer = next(&running);
    run_finish(&running);
    engine_free(running.engine);
    agenda_release(&running.agenda);
    buf_release(&running.bytes);
    faults_release(&running.faults);
    free(running.plan);
    return answer < 0 ? answer : 0;
}
