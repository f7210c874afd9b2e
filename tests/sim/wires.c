/* Letters in flight, and the endpoints they fly to.
 *
 * Every attempt is held to what a channel may see: the same bytes under the same id, not again what
 * was settled, at most so many at one host, no faster than configured. */
#include "wires.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "oracle.h"
#include "people.h"
#include "shell/dispatch.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000 };

/* ---- endpoints --------------------------------------------------------------------------- */

enum trouble { HEALTHY, DOWN, REFUSING, SAYS_429, SAYS_503, TARPIT, FLAKY, REPLY_LOST, TROUBLES };
static const enum fault trouble_faults[] = {
    [DOWN] = FAULT_net_down,         [REFUSING] = FAULT_net_refused, [SAYS_429] = FAULT_net_429,
    [SAYS_503] = FAULT_net_503,      [TARPIT] = FAULT_net_tarpit,    [FLAKY] = FAULT_net_flaky,
    [REPLY_LOST] = FAULT_reply_lost,
};
struct endpoint { /* a host of a gateway */
    enum trouble trouble;
    instant_ms until;
    int under_way;
};
struct lane { /* a gateway */
    enum city_gateway gateway;
    struct intern hosts;
    struct endpoint *endpoints;
    size_t capacity;
    int64_t tokens; /* in milli-letters */
    instant_ms filled;
};

/* ---- consignments ---------------------------------------------------------------------------- */

enum standing { /* of a consignment, as the outside may know it */
                UNSEEN,
                FLYING,
                RETURNED, /* the daemon knows the answer, and may not have written it down */
                AGAIN,    /* it was told to come again */
                DOUBTFUL, /* its process died: nobody knows */
                SETTLED,  /* delivered or refused, and written down */
};
struct track {
    enum standing standing;
    uint64_t bytes;
    int begun, taken, doubts;
};
struct flight {
    struct sim *sim;
    struct lane *lane;
    int host, track;
    channel_done *done;
    void *arg;
    enum outcome outcome;
    const char *trouble;
    int64_t retry_after_ms;
    bool over; /* its process is gone */
    struct flight *next, **link;
};
struct wires {
    struct rng rng;
    struct lane lanes[CITY_GATEWAYS];
    struct intern keys;
    struct track *tracks;
    size_t track_capacity;
    struct intern gone, wrong; /* addresses that say 410, or 400 */
    struct flight *flights;
    struct wires_figures figures;
};
static struct sim *the_sim; /* channels are opened without an argument of ours */

static struct track *track_of(struct wires *wires, const struct parcel *parcel, int *ret_number)
{
    char *key = xasprintf("%s %s %s", parcel->id, parcel->gateway, parcel->address);
    uint32_t known = wires->keys.count;
    int number = intern_add(&wires->keys, key);
    free(key);
    if ((uint32_t)number == known) {
        void *items = wires->tracks;
        xgrow(&items, known, &wires->track_capacity, sizeof *wires->tracks);
        wires->tracks = items;
        wires->tracks[number] = (struct track){0};
    }
    if (ret_number)
        *ret_number = number;
    return &wires->tracks[number];
}

static int host_of(struct lane *lane, const char *name)
{
    uint32_t known = lane->hosts.count;
    int number = intern_add(&lane->hosts, name);
    if ((uint32_t)number == known) {
        void *items = lane->endpoints;
        xgrow(&items, known, &lane->capacity, sizeof *lane->endpoints);
        lane->endpoints = items;
        lane->endpoints[number] = (struct endpoint){0};
    }
    return number;
}

/* ---- what may be seen ---------------------------------------------------------------------------
 */

static const char banner[] = "【演练】";

static void check_bytes(struct sim *sim, struct track *track, const struct parcel *parcel)
{
    bool drill = strstr(parcel->bytes, banner) != NULL;
    uint64_t bytes = str_hash(parcel->bytes, parcel->size);
    if (sim->breakage == BREAK_resend_new_bytes && parcel->attempts > 1)
        bytes++;
    if (sim->mode == SIM_SHADOW)
        sim_fail(sim, "shadow: letter %s leaves", parcel->id);
    if (sim->mode == SIM_DRILL && !drill)
        sim_fail(sim, "drill: letter %s leaves without its banner", parcel->id);
    if (sim->mode == SIM_LIVE && drill)
        sim_fail(sim, "live: letter %s says it is a drill", parcel->id);
    if (track->begun > 0 && track->bytes != bytes)
        sim_fail(sim, "letter %s has other bytes than before", parcel->id);
    track->bytes = bytes;
}

static void check_standing(struct sim *sim, const struct track *track, const struct parcel *parcel)
{
    static const char *const words[] = {"", "under way", "answered", "", "", "settled"};
    if (words[track->standing][0])
        sim_fail(sim, "letter %s by %s to %s is sent again although it is %s", parcel->id,
                 parcel->gateway, parcel->address, words[track->standing]);
    const struct city_bounds *bounds = &city_bounds[city_gateway(&sim->city, parcel->gateway)];
    if (track->begun + 1 > bounds->attempts_max + track->doubts)
        sim_fail(sim, "letter %s is attempted for the %d. time", parcel->id, track->begun + 1);
}

static void check_pace(struct sim *sim, struct lane *lane, int host)
{
    const struct city_bounds *bounds = &city_bounds[lane->gateway];
    const char *name = intern_name(&lane->hosts, host);
    int most = name[0] ? bounds->per_host : bounds->concurrency;
    if (++lane->endpoints[host].under_way > most)
        sim_fail(sim, "%d letters are under way at %s", lane->endpoints[host].under_way, name);
    int64_t full = bounds->burst * 1000;
    int64_t tokens = lane->tokens + (sim->steady - lane->filled) * bounds->rate;
    lane->tokens = (tokens > full ? full : tokens) - 1000;
    lane->filled = sim->steady;
    /* What was handed out may wait for its host before it begins. */
    if (lane->tokens < -bounds->concurrency * 1000)
        sim_fail(sim, "gateway %s runs faster than %lld letters a second",
                 sim->city.items[lane->gateway].name, (long long)bounds->rate);
}

/* ---- answers
 * --------------------------------------------------------------------------------------- */

static void answer(struct flight *flight, enum outcome outcome, const char *trouble,
                   int64_t retry_after_ms)
{
    flight->outcome = outcome;
    flight->trouble = trouble;
    flight->retry_after_ms = retry_after_ms;
}

/* The letter reaches its reader. */
static void take(struct flight *flight, const struct parcel *parcel)
{
    struct wires *wires = flight->sim->wires;
    struct track *track = &wires->tracks[flight->track];
    wires->figures.taken++;
    wires->figures.repeats += track->taken > 0;
    if (track->taken++ == 0)
        people_receive(flight->sim, parcel);
    answer(flight, OUTCOME_DELIVERED, NULL, -1);
}

static int64_t in_trouble(struct flight *flight, const struct parcel *parcel, enum trouble trouble)
{
    struct rng *rng = &flight->sim->wires->rng;
    switch (trouble) {
    case DOWN:
        answer(flight, OUTCOME_RETRY, "timeout", -1);
        return TIMEOUT_MS;
    case REFUSING:
        answer(flight, OUTCOME_RETRY, "connection refused", -1);
        return 2;
    case SAYS_429:
        answer(flight, OUTCOME_RETRY, "429", rng_between(rng, 1, 120) * SECOND_MS);
        return 20;
    case SAYS_503:
        answer(flight, OUTCOME_RETRY, "503", rng_between(rng, 1, 7200) * SECOND_MS);
        return 20;
    case TARPIT:
        take(flight, parcel);
        return rng_between(rng, 20000, 29900);
    case FLAKY:
        if (rng_chance(rng, 40))
            answer(flight, OUTCOME_RETRY, "500", -1);
        else
            take(flight, parcel);
        return rng_between(rng, 20, 3000);
    case REPLY_LOST:
        take(flight, parcel);
        if (rng_chance(rng, 60))
            answer(flight, OUTCOME_RETRY, "connection reset", -1);
        return rng_between(rng, 20, TIMEOUT_MS);
    default:
        take(flight, parcel);
        return rng_between(rng, 20, 400);
    }
}

/* Trouble begins when there is something to disturb. */
static void consider_trouble(struct sim *sim, struct endpoint *endpoint,
                             const struct parcel *parcel)
{
    struct wires *wires = sim->wires;
    struct rng *rng = &wires->rng;
    if (endpoint->until < sim->steady)
        endpoint->trouble = HEALTHY;
    if (sim_is_calm(sim) || endpoint->trouble != HEALTHY)
        return;
    if (parcel->address[0] && wires->gone.count < 6 && rng_below(rng, 300) == 0)
        intern_add(&wires->gone, parcel->address);
    if (parcel->address[0] && wires->wrong.count < 6 && rng_below(rng, 300) == 0)
        intern_add(&wires->wrong, parcel->address);
    if (!rng_chance(rng, 3))
        return;
    endpoint->trouble = (enum trouble)rng_between(rng, DOWN, REPLY_LOST);
    bool long_one = endpoint->trouble <= REFUSING && rng_chance(rng, 30);
    endpoint->until = sim->steady + (long_one ? rng_between(rng, HOUR_MS, 40 * HOUR_MS)
                                              : rng_between(rng, MINUTE_MS, 40 * MINUTE_MS));
}

/* What comes of it, and after how long. */
static int64_t decide(struct flight *flight, const struct parcel *parcel)
{
    struct sim *sim = flight->sim;
    struct endpoint *endpoint = &flight->lane->endpoints[flight->host];
    enum effects effects =
        sim->mode == SIM_DRILL && sim->breakage != BREAK_drill_leak ? EFFECTS_PAPER : EFFECTS_LIVE;
    const char *refused = parcel_refused(parcel, effects);
    consider_trouble(sim, endpoint, parcel);
    if (refused) {
        answer(flight, OUTCOME_REFUSED, refused, -1);
        return 1;
    }
    if (intern_find(&sim->wires->gone, parcel->address) >= 0) {
        sim_count(sim, FAULT_net_410);
        answer(flight, OUTCOME_GONE, "410", -1);
        return 20;
    }
    if (!sim_is_calm(sim) && intern_find(&sim->wires->wrong, parcel->address) >= 0) {
        sim_count(sim, FAULT_net_4xx);
        answer(flight, OUTCOME_REFUSED, "400", -1);
        return 20;
    }
    if (endpoint->trouble != HEALTHY)
        sim_count(sim, trouble_faults[endpoint->trouble]);
    return in_trouble(flight, parcel, endpoint->trouble);
}

static void unlink_flight(struct flight *flight)
{
    *flight->link = flight->next;
    if (flight->next)
        flight->next->link = flight->link;
}

static void land(struct sim *sim, void *arg, int64_t number)
{
    struct flight *flight = arg;
    (void)number;
    if (!flight->over) {
        unlink_flight(flight);
        flight->lane->endpoints[flight->host].under_way--;
        sim->wires->tracks[flight->track].standing = RETURNED;
        flight->done(flight->arg, flight->outcome, flight->trouble, flight->retry_after_ms);
    }
    free(flight);
}

/* ---- the channel
 * --------------------------------------------------------------------------------------- */

static int wires_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                      const char *conf_path, struct findings *findings)
{
    (void)arena, (void)node, (void)conf_path, (void)findings;
    *ret_conf = NULL;
    return 0;
}

static int wires_open(void **ret_self, uv_loop_t *loop, const void *conf,
                      const struct channel_options *options, struct findings *findings)
{
    (void)loop, (void)conf, (void)findings;
    int gateway = city_gateway(&the_sim->city, options->gateway->name);
    struct lane *lane = &the_sim->wires->lanes[gateway];
    lane->tokens = city_bounds[gateway].burst * 1000;
    lane->filled = the_sim->steady;
    *ret_self = lane;
    return 0;
}

static struct parcel with_breakage(const struct sim *sim, const struct parcel *parcel,
                                   char id[static 64])
{
    struct parcel seen = *parcel;
    if (sim->breakage == BREAK_resend_new_id && parcel->attempts > 1) {
        snprintf(id, 64, "%s.%d", parcel->id, parcel->attempts);
        seen.id = id;
    }
    return seen;
}

static void wires_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct sim *sim = the_sim;
    struct wires *wires = sim->wires;
    struct flight *flight = xcalloc(1, sizeof *flight);
    char id[64];
    struct parcel seen = with_breakage(sim, parcel, id);
    *flight = (struct flight){.sim = sim, .lane = self, .done = done, .arg = arg};
    struct track *track = track_of(wires, &seen, &flight->track);
    flight->host = host_of(self, parcel->host);
    flight->link = &wires->flights;
    flight->next = wires->flights;
    if (wires->flights)
        wires->flights->link = &flight->next;
    wires->flights = flight;
    check_bytes(sim, track, &seen);
    check_standing(sim, track, &seen);
    check_pace(sim, self, flight->host);
    oracle_sent(sim, &seen);
    track->standing = FLYING;
    track->begun++;
    wires->figures.attempts++;
    sim_plan(sim, decide(flight, parcel), land, flight, 0);
}

static void wires_close(void *self, void (*closed)(void *arg), void *arg)
{
    (void)self;
    closed(arg);
}

#define WIRE(kind_word, address_kind)                                                       \
    {                                                                                       \
        .kind = kind_word, .address = address_kind, .read = wires_read, .open = wires_open, \
        .send = wires_send, .close = wires_close                                            \
    }
static const struct channel channels[CITY_GATEWAYS] = {
    [GATEWAY_HOOK] = WIRE("sim-hook", ADDRESS_WEBHOOK),
    [GATEWAY_MAIL] = WIRE("sim-mail", ADDRESS_EMAIL),
    [GATEWAY_SMS] = WIRE("sim-sms", ADDRESS_PHONE),
    [GATEWAY_FILE] = WIRE("sim-file", ADDRESS_NONE),
};

const struct channel *wires_channel(enum city_gateway gateway)
{
    return &channels[gateway];
}

/* ---- what the daemon knows
 * ------------------------------------------------------------------------------ */

void wires_handed_out(struct sim *sim, const struct parcel *parcels)
{
    for (const struct parcel *p = parcels; p; p = p->next)
        oracle_handed_out(sim, p);
}

void wires_settled(struct sim *sim, const struct parcel *returned)
{
    for (const struct parcel *p = returned; p; p = p->next) {
        struct track *track = track_of(sim->wires, p, NULL);
        if (p->recalled || track->standing != RETURNED)
            continue;
        track->standing = p->outcome == OUTCOME_RETRY ? AGAIN : SETTLED;
    }
}

void wires_crash(struct sim *sim)
{
    struct wires *wires = sim->wires;
    for (struct flight *flight = wires->flights; flight; flight = flight->next)
        flight->lane->endpoints[flight->host].under_way--;
    for (uint32_t i = 0; i < wires->keys.count; i++) {
        struct track *track = &wires->tracks[i];
        if (track->standing != FLYING && track->standing != RETURNED)
            continue;
        track->standing = DOUBTFUL;
        track->doubts++;
        wires->figures.under_way_at_crashes++;
    }
}

/* Its attempts are answered once more, so that nothing is left behind; nobody listens. */
void wires_forget_dispatch(struct sim *sim, struct dispatch *dispatch)
{
    dispatch_recall(dispatch);
    while (sim->wires->flights) {
        struct flight *flight = sim->wires->flights;
        unlink_flight(flight);
        flight->over = true;
        flight->done(flight->arg, OUTCOME_RETRY, "", -1);
    }
    parcels_free(dispatch_take_returned(dispatch));
    dispatch_close(dispatch);
    dispatch_free(dispatch);
}

void wires_new(struct sim *sim)
{
    sim->wires = xcalloc(1, sizeof *sim->wires);
    sim->wires->rng = rng_stream(sim->seed, 11);
    for (int i = 0; i < CITY_GATEWAYS; i++)
        sim->wires->lanes[i].gateway = (enum city_gateway)i;
    the_sim = sim;
}

void wires_free(struct sim *sim)
{
    struct wires *wires = sim->wires;
    for (int i = 0; i < CITY_GATEWAYS; i++) {
        intern_release(&wires->lanes[i].hosts);
        free(wires->lanes[i].endpoints);
    }
    intern_release(&wires->keys);
    intern_release(&wires->gone);
    intern_release(&wires->wrong);
    free(wires->tracks);
    free(wires);
}

struct wires_figures wires_figures(const struct sim *sim)
{
    return sim->wires->figures;
}
