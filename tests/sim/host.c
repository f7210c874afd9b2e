/* Starting, turning, dying. */
#include "host.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "breaking.h"
#include "oracle.h"
#include "people.h"
#include "shell/dispatch.h"
#include "shell/pipeline.h"
#include "store/store.h"
#include "wires.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH_FACTS = 256,
    SNAPSHOT_FACTS = 600,
    RETRY_MS = 1000,
    SUPERVISOR_MS = 5000,
    LOOK_MS = 10000, /* how long the loop sleeps at most */
};
/* Where it dies next. */
enum doom {
    DOOM_NONE,
    DOOM_IN_TURN,
    DOOM_AFTER_COMMIT,
    DOOM_AFTER_ANSWER,
    DOOM_UNDER_WAY,
    DOOM_IDLE
};

struct host {
    char folder[40], path[64]; /* where the lock is; the store itself is on our own disk */
    enum city_policy policy;   /* in the folder of policies */
    struct store *store;
    struct pipeline *pipeline;
    struct dispatch *dispatch;
    struct inbox inbox;
    struct turn turn;
    struct saying *offered; /* by sources, and not answered */
    enum doom doom;
    int lives;
    int64_t turns, refused; /* refused: operations by the disk, at the last failure */
    bool ready;             /* its first turn succeeded: sources may come */
    bool full, changed, look;
    instant_ms stopped_until, retry_at;
    struct setting { /* from then on the clock was ahead by so much */
        instant_ms from;
        int64_t ahead;
    } * settings;
    size_t setting_count, setting_capacity;
    struct rng rng;
};

/* ---- sayings ---------------------------------------------------------------------------- */

struct saying *saying_new(struct sim *sim)
{
    struct saying *saying = xcalloc(1, sizeof *saying);
    saying->sim = sim;
    return saying;
}

struct fact *saying_add(struct saying *saying, enum fact_kind kind, const char *source)
{
    struct fact *fact = &saying->facts[saying->count];
    *fact = (struct fact){.kind = kind, .source = source, .arrival = saying->sim->steady};
    saying->pointers[saying->count++] = fact;
    return fact;
}

static void saying_free(struct saying *saying)
{
    arena_release(&saying->arena);
    free(saying);
}

static void offer_again(struct sim *sim, void *arg, int64_t number)
{
    (void)sim, (void)number;
    saying_offer(arg);
}

void saying_offer(struct saying *saying)
{
    struct sim *sim = saying->sim;
    if (saying->count == 0)
        saying_free(saying);
    else if (host_is_up(sim) && sim->host->ready && inbox_has_room(&sim->host->inbox))
        host_take(sim, saying);
    else
        sim_plan(sim, rng_between(&sim->rng, SECOND_MS, 30 * SECOND_MS), offer_again, saying, 0);
}

static void unlink_saying(struct saying *saying)
{
    *saying->link = saying->next;
    if (saying->next)
        saying->next->link = saying->link;
    saying->offered = false;
}

static void answered(void *arg, const struct tally *tally)
{
    struct saying *saying = arg;
    struct sim *sim = saying->sim;
    unlink_saying(saying);
    for (int i = 0; i < saying->count && tally->refused == 0; i++)
        oracle_acknowledged(sim, &saying->facts[i]);
    if (saying->answered)
        saying->answered(saying);
    saying_free(saying);
}

void host_take(struct sim *sim, struct saying *saying)
{
    struct host *host = sim->host;
    saying->delivery.facts = saying->pointers;
    saying->delivery.count = (size_t)saying->count;
    saying->delivery.answered = answered;
    saying->delivery.arg = saying;
    if (sim->breakage == BREAK_lose_fact && saying->count > 1 && rng_chance(&host->rng, 5))
        saying->delivery.count--;
    saying->offered = true;
    saying->next = host->offered;
    saying->link = &host->offered;
    if (host->offered)
        host->offered->link = &saying->next;
    host->offered = saying;
    inbox_put(&host->inbox, &saying->delivery);
}

/* ---- starting --------------------------------------------------------------------------- */

static void inbox_filled(void *arg)
{
    (void)arg;
}

static void dispatch_changed(void *arg)
{
    ((struct host *)arg)->changed = true;
}

static enum effects effects_of(const struct sim *sim)
{
    if (sim->mode == SIM_SHADOW)
        return sim->breakage == BREAK_shadow_leak ? EFFECTS_LIVE : EFFECTS_NONE;
    return sim->mode == SIM_DRILL && sim->breakage != BREAK_drill_leak ? EFFECTS_PAPER
                                                                       : EFFECTS_LIVE;
}

/* A full disk may keep it from starting. */
static bool open_store(struct sim *sim)
{
    struct findings findings = {0};
    enum store_trouble trouble;
    struct store_options options = {
        .mode = sim->mode == SIM_DRILL ? "drill by_fact" : "live by_fact", .zone = 8 * HOUR_MS};
    int err = store_open(&sim->host->store, sim->host->path, &options, &trouble, &findings);
    if (err < 0 && !disk_is_full(sim->disk))
        sim_fail(sim, "the store cannot be opened: %s",
                 findings.count > 0 ? findings.items[0].message : "?");
    if (err < 0) {
        sim->host->store = NULL;
        sim_tell(sim, "cannot start: %s", findings.items[0].message);
    }
    findings_release(&findings);
    return err == 0;
}

static void open_dispatch(struct sim *sim)
{
    struct host *host = sim->host;
    struct findings findings = {0};
    struct channel_options options = {.effects = effects_of(sim),
                                      .clock = clock_fake_set(&sim->wall, &sim->steady)};
    host->dispatch = dispatch_new(&sim->city.gateways, dispatch_changed, host);
    if (options.effects != EFFECTS_NONE &&
        dispatch_open(host->dispatch, NULL, &options, &findings) < 0)
        sim_fail(sim, "the channels cannot be opened");
    findings_release(&findings);
}

static void start(struct sim *sim, void *arg, int64_t number)
{
    struct host *host = sim->host;
    (void)arg, (void)number;
    if (!open_store(sim)) {
        sim_plan(sim, SUPERVISOR_MS, start, NULL, 0);
        return;
    }
    breaking_open(sim, host->store);
    struct pipeline_options options = {
        .effects = effects_of(sim),
        .approvals = APPROVALS_BY_FACT,
        .timing = TIME_BY_CLOCK,
        .drill = sim->mode == SIM_DRILL && sim->breakage != BREAK_drill_leak,
        .clock = clock_fake_set(&sim->wall, &sim->steady),
        .routing = sim->city.routing,
        .snapshot_facts = SNAPSHOT_FACTS,
    };
    host->pipeline = pipeline_new(host->store, sim->city.policies[host->policy], &options);
    open_dispatch(sim);
    inbox_init(&host->inbox, 100000, inbox_filled, host);
    host->turn = (struct turn){.tick_due = INSTANT_NONE, .attempt_due = INSTANT_NONE};
    host->lives++;
    host->look = true;
    host->ready = host->full = host->changed = false;
    if (host->lives > 1 && !sim_is_calm(sim) && rng_chance(&host->rng, 25))
        host->doom = DOOM_IN_TURN;
    sim_tell(sim, "started, life %d", host->lives);
}

/* ---- dying ------------------------------------------------------------------------------ */

static void hear_no_answer(struct sim *sim)
{
    struct host *host = sim->host;
    while (host->offered) {
        struct saying *saying = host->offered;
        unlink_saying(saying);
        sim_plan(sim, rng_between(&sim->rng, SECOND_MS, 20 * SECOND_MS), offer_again, saying, 0);
    }
}

/* As after kill -9; with `power` the machine went too. */
static void die(struct sim *sim, bool power)
{
    struct host *host = sim->host;
    sim_tell(sim, "died%s", power ? ", without power" : "");
    wires_crash(sim);
    hear_no_answer(sim);
    parcels_free(host->turn.returned);
    host->turn.returned = NULL;
    host->turn.deliveries = NULL;
    turn_release(&host->turn);
    pipeline_free(host->pipeline);
    disk_kill(sim->disk); /* a dead process carries no log over when its store is closed */
    store_close(host->store);
    wires_forget_dispatch(sim, host->dispatch);
    host->store = NULL;
    host->pipeline = NULL;
    host->dispatch = NULL;
    host->doom = DOOM_NONE;
    host->stopped_until = 0;
    if (power)
        sim_count(sim, FAULT_power_lost);
    disk_restart(sim->disk, power);
    sim_plan(sim, SUPERVISOR_MS, start, NULL, 0);
}

static void die_by_chance(struct sim *sim, enum fault fault)
{
    sim_count(sim, fault);
    die(sim, rng_chance(&sim->host->rng, 50));
}

static bool is_doomed(struct sim *sim, enum doom doom, enum fault fault)
{
    if (sim->host->doom != doom)
        return false;
    die_by_chance(sim, fault);
    return true;
}

/* ---- turns ------------------------------------------------------------------------------ */

static void prepare(struct sim *sim)
{
    struct host *host = sim->host;
    struct turn *turn = &host->turn;
    if (!turn->deliveries && host->ready && !host->full)
        turn->deliveries = inbox_take(&host->inbox, BATCH_FACTS);
    if (!turn->returned)
        turn->returned = dispatch_take_returned(host->dispatch);
    host->changed = host->look = false;
    if (sim->breakage == BREAK_early_answer)
        for (struct delivery *d = turn->deliveries; d; d = d->next)
            for (size_t i = 0; i < d->count; i++)
                oracle_acknowledged(sim, d->facts[i]);
    if (host->doom == DOOM_IN_TURN)
        disk_die_in(sim->disk, (int)rng_below(&host->rng, host->ready ? 24 : 8));
}

/* What no turn may ever say. */
static void judge_event(struct sim *sim, const struct event *event)
{
    static const char *const never[] = {"recovered.differs", "order.conflict",
                                        "letter.unprintable"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (str_equal(event->name, never[i]))
            sim_fail(sim, "%s: %s", event->name, event->text);
}

static void tell(struct sim *sim)
{
    const struct events *events = &sim->host->turn.events;
    for (size_t i = 0; i < events->count; i++) {
        judge_event(sim, &events->items[i]);
        sim_tell(sim, "%s: %s", events->items[i].name, events->items[i].text);
        people_hear(sim, &events->items[i]);
    }
}

static void answer(struct sim *sim)
{
    struct delivery *delivery = sim->host->turn.deliveries;
    sim->host->turn.deliveries = NULL;
    while (delivery) {
        struct delivery *next = delivery->next;
        delivery->answered(delivery->arg, &delivery->tally);
        delivery = next;
    }
}

/* No room is waited for; anything else ends the process, and the supervisor starts another. */
static void failed(struct sim *sim, int err)
{
    struct host *host = sim->host;
    enum store_trouble trouble = store_trouble(host->store);
    if (err != ERR_STORE)
        sim_fail(sim, "a turn failed: %s: %s", err_str(err),
                 host->turn.findings.count > 0 ? host->turn.findings.items[0].message : "?");
    if (trouble == STORE_FULL) {
        turn_release(&host->turn);
        host->full = true;
        host->retry_at = sim->steady + RETRY_MS;
        return;
    }
    int64_t refused = disk_counts(sim->disk)->bad_writes + disk_counts(sim->disk)->bad_syncs;
    if (refused == host->refused)
        sim_fail(sim, "a turn failed on a sound disk: %s", store_message(host->store));
    host->refused = refused;
    die(sim, true); /* what a failed sync left behind is as unsure as after a loss of power */
}

static void succeeded(struct sim *sim)
{
    struct host *host = sim->host;
    struct turn *turn = &host->turn;
    bool first = !host->ready;
    host->full = false;
    if (is_doomed(sim, DOOM_AFTER_COMMIT, FAULT_died_after_commit))
        return;
    wires_settled(sim, turn->returned);
    parcels_free(turn->returned);
    turn->returned = NULL;
    tell(sim);
    dispatch_recall_ended(host->dispatch, &turn->ended);
    answer(sim);
    host->ready = true;
    if (first)
        oracle_recovered(sim);
    if (is_doomed(sim, DOOM_AFTER_ANSWER, FAULT_died_after_answer))
        return;
    struct parcel *parcels = turn->parcels;
    turn->parcels = NULL;
    bool sends = parcels != NULL;
    if (sends && sim->mode == SIM_SHADOW)
        sim_fail(sim, "a shadow run hands out letter %s", parcels->id);
    wires_handed_out(sim, parcels);
    dispatch_send(host->dispatch, parcels);
    turn_release(turn);
    if (sends && is_doomed(sim, DOOM_UNDER_WAY, FAULT_died_under_way))
        return;
    is_doomed(sim, DOOM_IDLE, FAULT_died_idle);
}

static void give_turn(struct sim *sim)
{
    struct host *host = sim->host;
    prepare(sim);
    host->turns++;
    int err = pipeline_turn(host->pipeline, &host->turn);
    if (disk_is_dead(sim->disk)) {
        die_by_chance(sim, host->ready ? FAULT_died_in_turn : FAULT_died_starting);
        return;
    }
    if (host->doom == DOOM_IN_TURN) /* the turn wrote less than that */
        disk_die_in(sim->disk, -1);
    if (err < 0)
        failed(sim, err);
    else
        succeeded(sim);
}

static instant_ms next_due(const struct host *host)
{
    instant_ms due = host->turn.tick_due, attempt = host->turn.attempt_due;
    return due == INSTANT_NONE || (attempt != INSTANT_NONE && attempt < due) ? attempt : due;
}

static bool wants_turn(const struct sim *sim)
{
    const struct host *host = sim->host;
    instant_ms due = next_due(host);
    if (!host->pipeline || host->stopped_until > sim->steady)
        return false;
    if (host->full)
        return host->retry_at <= sim->steady;
    return host->look || host->turn.more || (host->ready && host->inbox.first) ||
           dispatch_has_returned(host->dispatch) || (due != INSTANT_NONE && due <= sim->wall);
}

void host_poll(struct sim *sim)
{
    enum { TURNS_MAX = 100000 };
    for (int i = 0; wants_turn(sim); i++) {
        if (i == TURNS_MAX)
            sim_fail(sim, "turns without end in one instant");
        give_turn(sim);
    }
}

instant_ms host_due(const struct sim *sim)
{
    const struct host *host = sim->host;
    if (!host->pipeline)
        return INSTANT_NONE;
    instant_ms due = next_due(host);
    if (host->full)
        due = host->retry_at;
    else if (due != INSTANT_NONE)
        due = due - sim->wall + sim->steady;
    if (due != INSTANT_NONE && due < host->stopped_until)
        due = host->stopped_until;
    return due;
}

/* ---- what it suffers ---------------------------------------------------------------------- */

static void doom(struct sim *sim, void *arg, int64_t number)
{
    struct host *host = sim->host;
    (void)arg;
    if (sim_is_calm(sim))
        return;
    enum doom next = DOOM_IN_TURN + number % 5;
    if (next == DOOM_UNDER_WAY && sim->mode == SIM_SHADOW)
        next = DOOM_IN_TURN;
    if (host->doom == DOOM_NONE)
        host->doom = next;
    sim_plan(sim, rng_between(&host->rng, 4 * HOUR_MS, 40 * HOUR_MS), doom, NULL, number + 1);
}

static void hurt_disk(struct sim *sim, void *arg, int64_t number)
{
    struct host *host = sim->host;
    (void)arg;
    if (sim_is_calm(sim))
        return;
    if (number % 3 == 0)
        disk_fill(sim->disk, (int)rng_between(&host->rng, 1, 9));
    else if (number % 3 == 1)
        disk_fail_write_in(sim->disk, (int)rng_below(&host->rng, 200));
    else
        disk_fail_sync_in(sim->disk, (int)rng_below(&host->rng, 20));
    sim_plan(sim, rng_between(&host->rng, 12 * HOUR_MS, 72 * HOUR_MS), hurt_disk, NULL, number + 1);
}

static void go_on(struct sim *sim, void *arg, int64_t number)
{
    (void)sim, (void)arg, (void)number; /* the poll after it sees that the stop is over */
}

static void stop(struct sim *sim, void *arg, int64_t number)
{
    struct host *host = sim->host;
    (void)arg;
    if (sim_is_calm(sim))
        return;
    int64_t span = rng_between(&host->rng, 10 * MINUTE_MS, 3 * HOUR_MS);
    if (host->pipeline) {
        host->stopped_until = sim->steady + span;
        sim_count(sim, FAULT_process_stopped);
        sim_plan(sim, span, go_on, NULL, 0);
    }
    sim_plan(sim, rng_between(&host->rng, 30 * HOUR_MS, 120 * HOUR_MS), stop, NULL, number);
}

static void look(struct sim *sim, void *arg, int64_t number)
{
    struct host *host = sim->host;
    (void)arg, (void)number;
    if (host->pipeline && pipeline_clock_is_off(host->pipeline))
        host->look = true;
}

static void note_clock(struct sim *sim)
{
    struct host *host = sim->host;
    void *items = host->settings;
    xgrow(&items, host->setting_count, &host->setting_capacity, sizeof *host->settings);
    host->settings = items;
    host->settings[host->setting_count++] = (struct setting){sim->steady, sim->wall - sim->steady};
}

instant_ms host_true_time(const struct sim *sim, instant_ms wall)
{
    const struct host *host = sim->host;
    for (size_t i = 0; i < host->setting_count; i++) {
        instant_ms at = wall - host->settings[i].ahead;
        bool last = i + 1 == host->setting_count;
        if (at >= host->settings[i].from && (last || at <= host->settings[i + 1].from))
            return at;
    }
    return sim->steady;
}

void host_set_clock(struct sim *sim, int64_t by_ms)
{
    sim->wall += by_ms;
    note_clock(sim);
    sim_tell(sim, "the clock leaps by %lld s", (long long)by_ms / 1000);
    sim_plan(sim, rng_below(&sim->host->rng, LOOK_MS), look, NULL, 0);
}

/* The clock is set wrong by up to two hours, and right again some time later. */
static void leap(struct sim *sim, void *arg, int64_t number)
{
    struct rng *rng = &sim->host->rng;
    (void)arg;
    if (number % 2 == 1) {
        host_set_clock(sim, sim->steady - sim->wall);
    } else if (!sim_is_calm(sim)) {
        host_set_clock(sim, rng_between(rng, -2 * HOUR_MS, 2 * HOUR_MS));
        sim_count(sim, FAULT_clock_leapt);
    }
    sim_plan(sim,
             number % 2 == 1 ? rng_between(rng, 30 * HOUR_MS, 120 * HOUR_MS)
                             : rng_between(rng, MINUTE_MS, 12 * HOUR_MS),
             leap, NULL, number + 1);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

void host_new(struct sim *sim)
{
    struct host *host = xcalloc(1, sizeof *host);
    sim->host = host;
    host->rng = rng_stream(sim->seed, 5);
    strcpy(host->folder, "/tmp/yujing-sim-XXXXXX");
    if (!mkdtemp(host->folder))
        sim_fail(sim, "no folder for the lock");
    snprintf(host->path, sizeof host->path, "%s/store.db", host->folder);
}

void host_begin(struct sim *sim)
{
    struct rng *rng = &sim->host->rng;
    note_clock(sim);
    start(sim, NULL, 0);
    sim_plan(sim, rng_between(rng, HOUR_MS, 20 * HOUR_MS), doom, NULL, rng_below(rng, 5));
    sim_plan(sim, rng_between(rng, 6 * HOUR_MS, 40 * HOUR_MS), hurt_disk, NULL, rng_below(rng, 3));
    sim_plan(sim, rng_between(rng, 12 * HOUR_MS, 80 * HOUR_MS), stop, NULL, 0);
    sim_plan(sim, rng_between(rng, 12 * HOUR_MS, 80 * HOUR_MS), leap, NULL, 0);
}

void host_free(struct sim *sim)
{
    struct host *host = sim->host;
    char *lock = xasprintf("%s.lock", host->path);
    wires_crash(sim);
    hear_no_answer(sim);
    parcels_free(host->turn.returned);
    turn_release(&host->turn);
    pipeline_free(host->pipeline);
    store_close(host->store);
    if (host->dispatch)
        wires_forget_dispatch(sim, host->dispatch);
    free(host->settings);
    unlink(lock);
    rmdir(host->folder);
    free(lock);
    free(host);
}

bool host_is_up(const struct sim *sim)
{
    return sim->host->pipeline != NULL;
}

int host_lives(const struct sim *sim)
{
    return sim->host->lives;
}

struct store *host_store(const struct sim *sim)
{
    return sim->host->store;
}

const struct generation *host_generation(const struct sim *sim)
{
    return sim->host->pipeline ? pipeline_generation(sim->host->pipeline) : NULL;
}

void host_set_folder(struct sim *sim, enum city_policy policy)
{
    sim->host->policy = policy;
}

int64_t host_turns(const struct sim *sim)
{
    return sim->host->turns;
}
