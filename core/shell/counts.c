/* Adding up a turn. */
#include "shell/counts.h"
#include "base/err.h"
#include "base/str.h"
#include "shell/gateways.h"
#include "shell/metrics.h"
#include <stdio.h>

static void count_source(struct metrics *metrics, const char *source, const struct tally *tally,
                         instant_ms now)
{
    const struct {
        const char *result;
        size_t count;
    } results[] = {{"taken", tally->taken - tally->conflicts},
                   {"repeat", tally->repeats},
                   {"conflict", tally->conflicts},
                   {"refused", tally->refused}};
    char labels[96];
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        snprintf(labels, sizeof labels, "source=\"%s\",result=\"%s\"", source, results[i].result);
        metrics_add(metrics, "yujing_ingest_facts_total", labels, (double)results[i].count);
    }
    snprintf(labels, sizeof labels, "source=\"%s\"", source);
    metrics_set(metrics, "yujing_feed_last_seen_seconds", labels, (double)now / 1000);
}

enum { SOURCES_MAX = 8 }; /* `from` is one of a few static words */

/* A metric is found by its name and labels, which costs as much as a small delivery: so the
 * deliveries of one source are added up first. */
struct source_sum {
    const char *from;
    struct tally tally;
};

static struct source_sum *sum_of(struct source_sum *sums, size_t *count, const char *from)
{
    for (size_t i = 0; i < *count; i++)
        if (sums[i].from == from)
            return &sums[i];
    if (*count == SOURCES_MAX)
        return NULL;
    sums[*count] = (struct source_sum){.from = from};
    return &sums[(*count)++];
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
    sum->taken += tally->taken;
    sum->repeats += tally->repeats;
    sum->conflicts += tally->conflicts;
    sum->refused += tally->refused;
}

static void count_deliveries(struct metrics *metrics, const struct turn *turn, instant_ms now)
{
    struct source_sum sums[SOURCES_MAX];
    size_t count = 0, taken = 0;
    for (const struct delivery *d = turn->deliveries; d; d = d->next) {
        taken += d->tally.taken;
        if (!d->from)
            continue;
        struct source_sum *sum = sum_of(sums, &count, d->from);
        if (sum)
            add_tally(&sum->tally, &d->tally);
        else
            count_source(metrics, d->from, &d->tally, now);
    }
    metrics_add(metrics, "yujing_turn_facts_total", NULL, (double)taken);
    for (size_t i = 0; i < count; i++)
        count_source(metrics, sums[i].from, &sums[i].tally, now);
}

/* Those of one gateway mostly come together, and mostly went well. */
static void count_parcels(struct metrics *metrics, const struct parcel *parcel)
{
    static const char *const results[] = {"delivered", "retry", "refused", "gone"};
    char labels[160];
    while (parcel) {
        const struct parcel *first = parcel;
        size_t same = 0;
        for (; parcel && parcel->outcome == first->outcome && parcel->recalled == first->recalled &&
               str_equal(parcel->gateway, first->gateway);
             parcel = parcel->next)
            same++;
        if (first->recalled)
            continue;
        snprintf(labels, sizeof labels, "gateway=\"%s\",result=\"%s\"", first->gateway,
                 results[first->outcome]);
        metrics_add(metrics, "yujing_deliveries_total", labels, (double)same);
    }
}

static void count_event(struct metrics *metrics, const struct event *event)
{
    char labels[96];
    if (event->level == LOG_ALARM) {
        snprintf(labels, sizeof labels, "event=\"%s\"", event->name);
        metrics_add(metrics, "yujing_alarms_total", labels, 1);
    }
    if (str_equal(event->name, "clock.jump"))
        metrics_add(metrics, "yujing_clock_jumps_total", NULL, 1);
    else if (str_equal(event->name, "policy.refused"))
        metrics_set(metrics, "yujing_policy_last_reload_success", NULL, 0);
    else if (str_equal(event->name, "policy"))
        metrics_set(metrics, "yujing_policy_last_reload_success", NULL, 1);
}

static void count_events(struct metrics *metrics, const struct events *events)
{
    for (size_t i = 0; i < events->count; i++)
        count_event(metrics, &events->items[i]);
    for (size_t i = 0; i < events->count_count; i++)
        metrics_add(metrics, events->counts[i].metric, events->counts[i].labels,
                    (double)events->counts[i].count);
}

static const char *const troubles[] = {"policy", "full", "busy", "forbidden", "foreign", "broken"};

static void count_failures(struct metrics *metrics, enum store_trouble trouble, int count)
{
    char labels[64];
    snprintf(labels, sizeof labels, "trouble=\"%s\"", troubles[trouble]);
    metrics_add(metrics, "yujing_store_failures_total", labels, count);
}

void counts_begin(struct metrics *metrics, const struct gateways *gateways)
{
    char labels[96];
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        count_failures(metrics, (enum store_trouble)i, 0);
    for (size_t i = 0; i < gateways->count; i++) {
        snprintf(labels, sizeof labels, "gateway=\"%s\"", gateways->items[i].name);
        metrics_add(metrics, "yujing_dead_letters_total", labels, 0);
    }
}

void counts_turn(struct metrics *metrics, const struct turn *turn, int err,
                 enum store_trouble trouble, instant_ms now, double seconds)
{
    metrics_add(metrics, "yujing_turns_total",
                err < 0      ? "result=\"failed\""
                : turn->look ? "result=\"look\""
                             : "result=\"committed\"",
                1);
    if (err < 0) {
        count_failures(metrics, err == ERR_STORE ? trouble : STORE_FINE, 1);
        return;
    }
    if (turn->look)
        return;
    metrics_observe(metrics, "yujing_turn_duration_seconds", NULL, seconds);
    count_deliveries(metrics, turn, now);
    count_parcels(metrics, turn->returned);
    count_events(metrics, &turn->events);
}
