/* Tokens, allowances, breakers, pauses. */
#include "shell/pace.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    FAILURES_MAX = 5,    /* in a row, then the host is left alone */
    ALLOWANCE_FIRST = 8, /* under way at a host nobody knows yet */
    ALLOWANCE_LEAST = 2,
    PROBE_FIRST_MS = 5 * SECOND_MS, /* doubled by each probe that fails … */
    PROBE_LONGEST_MS = 5 * MINUTE_MS,
    RAMP_MS = 5 * MINUTE_MS,
    RAMP_FIRST_PERCENT = 10,
    SLICE_MS = 25,
    SLOW_SLICES = 10, /* after so many without an answer the other side is slow … */
    SLOW_TIMES = 4,   /* … and with those of them more may be under way, so many times as much */
};

/* Those that were taken within one slice of time and have not come back. */
struct slice {
    int64_t number;
    int count;
};

struct host {
    int under_way, allowance, failures;
    instant_ms closed_until; /* while failures ≥ FAILURES_MAX; 0 otherwise, but for a Retry-After */
    int64_t interval;        /* of probes */
    instant_ms ramp_from;    /* INSTANT_NONE: at full speed */
    instant_ms ramp_next;    /* the next of a ramp, where the gateway has a rate */
};
struct lane { /* of one gateway */
    const struct gateway *gateway;
    int under_way;
    struct slice fresh[SLOW_SLICES]; /* by number; of under_way, those that are not slow yet */
    instant_ms last;                 /* when one was taken */
    int64_t tokens;                  /* in micro-letters */
    instant_ms filled;
    struct intern names;
    struct host *hosts; /* parallel to names */
    size_t capacity;
};
struct pace {
    struct lane *lanes;
    size_t count;
};

struct pace *pace_new(const struct gateways *gateways)
{
    struct pace *pace = xcalloc(1, sizeof *pace);
    pace->count = gateways->count;
    pace->lanes = xcalloc(gateways->count + 1, sizeof *pace->lanes);
    for (size_t i = 0; i < gateways->count; i++)
        pace->lanes[i] = (struct lane){.gateway = &gateways->items[i],
                                       .tokens = gateways->items[i].burst * (int64_t)MICRO,
                                       .filled = INSTANT_NONE};
    return pace;
}

void pace_free(struct pace *pace)
{
    if (!pace)
        return;
    for (size_t i = 0; i < pace->count; i++) {
        free(pace->lanes[i].hosts);
        intern_release(&pace->lanes[i].names);
    }
    free(pace->lanes);
    free(pace);
}

/* ---- the gateway ------------------------------------------------------------ */

static void fill(struct lane *lane, instant_ms now)
{
    int64_t most = lane->gateway->burst * (int64_t)MICRO;
    int64_t passed = lane->filled == INSTANT_NONE || now < lane->filled ? 0 : now - lane->filled;
    if (passed > DAY_MS)
        passed = DAY_MS;
    int64_t added =
        lane->gateway->rate / 1000 * passed + lane->gateway->rate % 1000 * passed / 1000;
    lane->filled = now;
    lane->tokens = lane->tokens + added > most ? most : lane->tokens + added;
}

/* ---- who is slow ------------------------------------------------------------- */

static struct slice *slice_of(struct lane *lane, instant_ms taken)
{
    return &lane->fresh[taken / SLICE_MS % SLOW_SLICES];
}

static bool is_fresh(const struct slice *slice, instant_ms now)
{
    return slice->count > 0 && slice->number > now / SLICE_MS - SLOW_SLICES;
}

static void fresh_add(struct lane *lane, instant_ms now)
{
    struct slice *slice = slice_of(lane, now);
    if (slice->number != now / SLICE_MS)
        *slice = (struct slice){now / SLICE_MS, 0};
    slice->count++;
}

/* Nothing when it has become slow meanwhile. */
static void fresh_take(struct lane *lane, instant_ms taken)
{
    struct slice *slice = slice_of(lane, taken);
    if (slice->number == taken / SLICE_MS && slice->count > 0)
        slice->count--;
}

static bool has_many_hosts(const struct lane *lane)
{
    return lane->gateway->channel->address == ADDRESS_WEBHOOK;
}

/* Under way, as far as it counts against the bound. */
static int busy(const struct lane *lane, instant_ms now)
{
    int fresh = 0, beyond = lane->under_way - (SLOW_TIMES - 1) * lane->gateway->concurrency;
    if (!has_many_hosts(lane))
        return lane->under_way;
    for (int i = 0; i < SLOW_SLICES; i++)
        if (is_fresh(&lane->fresh[i], now))
            fresh += lane->fresh[i].count;
    return fresh > beyond ? fresh : beyond;
}

/* When the oldest of them becomes slow. */
static instant_ms fresh_until(const struct lane *lane, instant_ms now)
{
    instant_ms first = INSTANT_NONE;
    for (int i = 0; i < SLOW_SLICES; i++) {
        instant_ms until = (lane->fresh[i].number + SLOW_SLICES) * SLICE_MS;
        if (is_fresh(&lane->fresh[i], now) && (first == INSTANT_NONE || until < first))
            first = until;
    }
    return first;
}

/* ---- room -------------------------------------------------------------------- */

int pace_room(struct pace *pace, size_t gateway, instant_ms now)
{
    struct lane *lane = &pace->lanes[gateway];
    int64_t room = lane->gateway->concurrency - busy(lane, now);
    if (lane->gateway->rate > 0) {
        fill(lane, now);
        room = lane->tokens / MICRO < room ? lane->tokens / MICRO : room;
    }
    return room > 0 ? (int)room : 0;
}

instant_ms pace_room_at(struct pace *pace, size_t gateway, instant_ms now)
{
    struct lane *lane = &pace->lanes[gateway];
    if (pace_room(pace, gateway, now) > 0)
        return INSTANT_NONE;
    if (busy(lane, now) >= lane->gateway->concurrency)
        return has_many_hosts(lane) && lane->under_way < SLOW_TIMES * lane->gateway->concurrency
                   ? fresh_until(lane, now)
                   : INSTANT_NONE;
    int64_t missing = MICRO - lane->tokens; /* rate is micro-letters a second */
    return now + (missing * 1000 + lane->gateway->rate - 1) / lane->gateway->rate;
}

/* ---- hosts ------------------------------------------------------------------- */

static struct host *host_of(struct lane *lane, const char *name)
{
    uint32_t known = lane->names.count;
    int number = intern_add(&lane->names, name ? name : "");
    if ((uint32_t)number == known) {
        void *hosts = lane->hosts;
        xgrow(&hosts, known, &lane->capacity, sizeof *lane->hosts);
        lane->hosts = hosts;
        /* A gateway without hosts is bounded by itself. */
        int first = name && name[0] ? ALLOWANCE_FIRST : lane->gateway->concurrency;
        lane->hosts[number] = (struct host){
            .allowance = first, .interval = PROBE_FIRST_MS, .ramp_from = INSTANT_NONE};
    }
    return &lane->hosts[number];
}

/* The share of its full speed, in percent. */
static int ramp_percent(struct host *host, instant_ms now)
{
    if (host->ramp_from == INSTANT_NONE)
        return 100;
    int64_t passed = now - host->ramp_from;
    if (passed >= RAMP_MS) {
        host->ramp_from = INSTANT_NONE;
        return 100;
    }
    return RAMP_FIRST_PERCENT + (int)((100 - RAMP_FIRST_PERCENT) * passed / RAMP_MS);
}

bool pace_admits(struct pace *pace, size_t gateway, const char *name, instant_ms now,
                 instant_ms *ret_again)
{
    struct lane *lane = &pace->lanes[gateway];
    struct host *host = host_of(lane, name);
    int percent = ramp_percent(host, now);
    *ret_again = INSTANT_NONE;
    if (host->closed_until > now) {
        *ret_again = host->closed_until;
        return false;
    }
    if (host->failures >= FAILURES_MAX) /* a probe */
        return host->under_way == 0;
    int most = lane->gateway->concurrency * percent / 100;
    most = host->allowance < most ? host->allowance : most;
    if (host->under_way >= (most > 0 ? most : 1))
        return false;
    if (percent < 100 && lane->gateway->rate > 0 && host->ramp_next > now) {
        *ret_again = host->ramp_next;
        return false;
    }
    return true;
}

bool pace_is_troubled(struct pace *pace, size_t gateway, const char *name)
{
    const struct host *host = host_of(&pace->lanes[gateway], name);
    return host->failures > 0 || host->ramp_from != INSTANT_NONE;
}

void pace_taken(struct pace *pace, size_t gateway, const char *name, instant_ms now)
{
    struct lane *lane = &pace->lanes[gateway];
    struct host *host = host_of(lane, name);
    int percent = ramp_percent(host, now);
    lane->under_way++;
    lane->last = now;
    fresh_add(lane, now);
    host->under_way++;
    if (lane->gateway->rate > 0)
        lane->tokens -= MICRO;
    if (percent < 100 && lane->gateway->rate > 0)
        host->ramp_next = now + (int64_t)MICRO * 1000 * 100 / (lane->gateway->rate * percent);
}

void pace_untaken(struct pace *pace, size_t gateway, const char *name)
{
    struct lane *lane = &pace->lanes[gateway];
    lane->under_way--;
    fresh_take(lane, lane->last); /* it was taken in this turn */
    host_of(lane, name)->under_way--;
    if (lane->gateway->rate > 0)
        lane->tokens += MICRO;
}

static enum pace_news fail(struct host *host, const struct parcel *parcel, instant_ms now)
{
    bool open = host->failures >= FAILURES_MAX;
    host->failures++;
    host->ramp_from = INSTANT_NONE;
    host->allowance = host->allowance / 2 > ALLOWANCE_LEAST ? host->allowance / 2 : ALLOWANCE_LEAST;
    if (host->failures >= FAILURES_MAX && host->closed_until <= now) {
        host->closed_until = now + host->interval;
        host->interval =
            host->interval * 2 < PROBE_LONGEST_MS ? host->interval * 2 : (int64_t)PROBE_LONGEST_MS;
    }
    if (parcel->retry_after_ms > 0) {
        int64_t asked = parcel->retry_after_ms < RETRY_AFTER_MAX_MS ? parcel->retry_after_ms
                                                                    : RETRY_AFTER_MAX_MS;
        if (host->closed_until < now + asked)
            host->closed_until = now + asked;
    }
    return !open && host->failures >= FAILURES_MAX ? PACE_OPENED : PACE_SAME;
}

static enum pace_news succeed(struct lane *lane, struct host *host, instant_ms now)
{
    bool open = host->failures >= FAILURES_MAX;
    host->failures = 0;
    host->closed_until = 0;
    if (host->allowance < lane->gateway->concurrency)
        host->allowance++;
    if (!open)
        return PACE_SAME;
    host->interval = PROBE_FIRST_MS;
    host->ramp_from = host->ramp_next = now;
    return PACE_RECOVERED;
}

/* A refusal says that the host is well; only what is worth another attempt counts against it. */
enum pace_news pace_returned(struct pace *pace, size_t gateway, const struct parcel *parcel,
                             instant_ms now)
{
    struct lane *lane = &pace->lanes[gateway];
    struct host *host = host_of(lane, parcel->host);
    lane->under_way--;
    fresh_take(lane, parcel->taken);
    host->under_way--;
    if (parcel->recalled)
        return PACE_SAME;
    return parcel->outcome == OUTCOME_RETRY ? fail(host, parcel, now) : succeed(lane, host, now);
}

/* ---- pauses ------------------------------------------------------------------- */

int64_t pace_pause_ms(const char *id, int attempts)
{
    static const int64_t pauses[] = {5 * SECOND_MS,  30 * SECOND_MS, 2 * MINUTE_MS,
                                     10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS};
    enum { PAUSES = sizeof pauses / sizeof *pauses };
    char text[160];
    int64_t pause = pauses[attempts < 1 ? 0 : attempts > PAUSES ? PAUSES - 1 : attempts - 1];
    int size = snprintf(text, sizeof text, "%s#%d", id, attempts);
    size_t used = size < (int)sizeof text ? (size_t)size : sizeof text - 1;
    return pause + (int64_t)(str_hash(text, used) % (uint64_t)pause);
}
