/* The table of all metrics, and their values. */
#include "shell/metrics.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { COUNTER, GAUGE, HISTOGRAM };
enum { BUCKETS = 12 };

/* Seconds; from a tenth of a commit to what nobody should have to wait for. */
static const double bounds[BUCKETS] = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05,
                                       0.1,    0.5,    1,     5,     10,   60};
static const char *const type_names[] = {"counter", "gauge", "histogram"};

static const struct declared {
    const char *name;
    enum type type;
    bool labelled; /* has no value before something happened */
    const char *help;
} table[] = {
    {"yujing_build_info", GAUGE, true, "Always 1; the version is a label."},
    {"yujing_start_time_seconds", GAUGE, false,
     "When the daemon started, seconds since the epoch."},
    {"yujing_effects", GAUGE, true, "1 for the way it runs: shadow, drill or live."},
    {"yujing_heartbeat_time_seconds", GAUGE, false,
     "Time of the last finished turn: a dead man's switch; alert when it is old."},
    {"yujing_ingest_facts_total", COUNTER, true, "Facts taken in, by source and result."},
    {"yujing_ingest_frames_total", COUNTER, true,
     "HJ 212 frames by command and what became of them."},
    {"yujing_ingest_bytes_total", COUNTER, true, "Bytes read, by source."},
    {"yujing_ingest_refused_total", COUNTER, true, "What a source was refused, by reason."},
    {"yujing_ingest_connections", GAUGE, true, "Open connections, by source."},
    {"yujing_feed_last_seen_seconds", GAUGE, true, "When a source last said something."},
    {"yujing_inbox_facts", GAUGE, false, "Facts that wait for a turn."},
    {"yujing_inbox_full_total", COUNTER, false, "Times a source had to wait for room."},
    {"yujing_turns_total", COUNTER, true, "Turns of the pipeline, by result."},
    {"yujing_turn_duration_seconds", HISTOGRAM, false, "From the start of a turn to its commit."},
    {"yujing_turn_facts_total", COUNTER, false, "Facts committed."},
    {"yujing_decisions_total", COUNTER, true, "Decisions, by kind."},
    {"yujing_script_failures_total", COUNTER, false, "Rules that failed at run time."},
    {"yujing_episodes_open", GAUGE, true, "Episodes that are open."},
    {"yujing_proposals_waiting", GAUGE, true, "Plans that wait for a signature."},
    {"yujing_deliveries_total", COUNTER, true, "Attempts to deliver, by gateway and result."},
    {"yujing_outbox_letters", GAUGE, true, "Letters by gateway and state."},
    {"yujing_outbox_oldest_seconds", GAUGE, true,
     "Age of the oldest letter that waits, by gateway."},
    {"yujing_sms_segments_total", COUNTER, true,
     "Segments of short messages that were taken over, by gateway: what is billed."},
    {"yujing_delivery_duration_seconds", HISTOGRAM, true, "How long an attempt took, by gateway."},
    {"yujing_dead_letters_total", COUNTER, true, "Letters no attempt could deliver, by gateway."},
    {"yujing_dispatch_paused", GAUGE, true, "1 while dispatch is paused by a person."},
    {"yujing_chases_overdue", GAUGE, true, "Orders past their deadline without an answer."},
    {"yujing_receipts_total", COUNTER, true, "Receipts, by kind."},
    {"yujing_escalations_total", COUNTER, true, "Reminders and escalations, by rung."},
    {"yujing_alarms_total", COUNTER, true, "Alarms, by event; each one pages."},
    {"yujing_policy_generation", GAUGE, true, "Policies that have come into force so far."},
    {"yujing_policy_last_reload_success", GAUGE, false, "1 when the last reload was taken over."},
    {"yujing_policy_fallback", GAUGE, false,
     "1 while an archived policy stands in for a broken folder."},
    {"yujing_audit_chain_ok", GAUGE, false, "1 while every verification of the journal held."},
    {"yujing_store_bytes", GAUGE, true, "Size of the store."},
    {"yujing_store_free_bytes", GAUGE, true, "Room left on its disk."},
    {"yujing_store_failures_total", COUNTER, true, "Failed commits, by kind of trouble."},
    {"yujing_gauge_failures_total", COUNTER, true,
     "Times figures could not be read from the store, by part; they are absent meanwhile."},
    {"yujing_backup_success", GAUGE, false, "1 when the last backup was made and its copy proved."},
    {"yujing_backup_time_seconds", GAUGE, false, "When the last good backup was made."},
    {"yujing_retired_facts_total", COUNTER, false, "Facts that left the store for an archive."},
    {"yujing_clock_sane", GAUGE, false, "1 while the wall clock is not behind the journal."},
    {"yujing_clock_jumps_total", COUNTER, false, "Times the wall clock was set while we ran."},
    {"yujing_http_requests_total", COUNTER, true, "HTTP requests, by listener and status class."},
    {"yujing_http_refused_total", COUNTER, true, "HTTP requests refused, by reason."},
    {"yujing_http_connections", GAUGE, true, "Open HTTP connections, by listener."},
    {"yujing_http_streams", GAUGE, false, "Open event streams."},
    {"yujing_login_failures_total", COUNTER, true, "Refused log-ins and tokens, by reason."},
    {"yujing_ready", GAUGE, false,
     "1 while facts are taken: the store can be written, there is room, a policy is in force."},
    {"yujing_dead_man_pings_total", COUNTER, true, "Calls to the outside dead man's switch."},
    {"yujing_self_check_success", GAUGE, true,
     "1 when the last test letter went through, by gateway."},
    {"yujing_self_check_time_seconds", GAUGE, true,
     "When the last test letter was sent, by gateway."},
};
enum { DECLARED = sizeof table / sizeof *table };

struct sample {
    int metric;
    char *labels; /* "" for none */
    double value; /* of a histogram: the sum */
    double count, buckets[BUCKETS];
};
/* Sorted by metric, then labels; a few dozen, found by halving. */
struct metrics {
    struct sample *samples;
    size_t count, capacity;
};

static int declared(const char *name)
{
    for (int i = 0; i < DECLARED; i++)
        if (str_equal(table[i].name, name))
            return i;
    assert(!"a metric that metrics.c does not declare");
    return 0;
}

static int compare(const struct sample *sample, int metric, const char *labels)
{
    return sample->metric != metric ? sample->metric - metric : strcmp(sample->labels, labels);
}

static size_t place_of(const struct metrics *metrics, int metric, const char *labels)
{
    size_t low = 0, high = metrics->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&metrics->samples[middle], metric, labels) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct sample *sample_of(struct metrics *metrics, const char *name, const char *labels)
{
    int metric = declared(name);
    labels = labels ? labels : "";
    size_t place = place_of(metrics, metric, labels);
    if (place < metrics->count && compare(&metrics->samples[place], metric, labels) == 0)
        return &metrics->samples[place];
    void *samples = metrics->samples;
    xgrow(&samples, metrics->count, &metrics->capacity, sizeof *metrics->samples);
    metrics->samples = samples;
    struct sample *sample = &metrics->samples[place];
    memmove(sample + 1, sample, (metrics->count++ - place) * sizeof *sample);
    *sample = (struct sample){.metric = metric, .labels = xstrdup(labels)};
    return sample;
}

struct metrics *metrics_new(void)
{
    struct metrics *metrics = xcalloc(1, sizeof *metrics);
    for (int i = 0; i < DECLARED; i++)
        if (!table[i].labelled)
            sample_of(metrics, table[i].name, NULL);
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->count; i++)
        free(metrics->samples[i].labels);
    free(metrics->samples);
    free(metrics);
}

void metrics_add(struct metrics *metrics, const char *name, const char *labels, double add)
{
    if (metrics)
        sample_of(metrics, name, labels)->value += add;
}

void metrics_set(struct metrics *metrics, const char *name, const char *labels, double value)
{
    if (metrics)
        sample_of(metrics, name, labels)->value = value;
}

void metrics_observe(struct metrics *metrics, const char *name, const char *labels, double seconds)
{
    if (!metrics)
        return;
    struct sample *sample = sample_of(metrics, name, labels);
    sample->value += seconds;
    sample->count++;
    for (int i = 0; i < BUCKETS; i++)
        sample->buckets[i] += seconds <= bounds[i];
}

void metrics_clear(struct metrics *metrics, const char *name)
{
    int metric = declared(name);
    for (size_t i = 0; metrics && i < metrics->count; i++)
        if (metrics->samples[i].metric == metric)
            metrics->samples[i].value = 0;
}

void metrics_forget(struct metrics *metrics, const char *name)
{
    int metric = declared(name);
    size_t kept = 0;
    for (size_t i = 0; metrics && i < metrics->count; i++) {
        if (metrics->samples[i].metric == metric)
            free(metrics->samples[i].labels);
        else
            metrics->samples[kept++] = metrics->samples[i];
    }
    if (metrics)
        metrics->count = kept;
}

double metrics_value(const struct metrics *metrics, const char *name, const char *labels)
{
    int metric = declared(name);
    size_t place = place_of(metrics, metric, labels ? labels : "");
    bool known = place < metrics->count &&
                 compare(&metrics->samples[place], metric, labels ? labels : "") == 0;
    return known ? metrics->samples[place].value : 0;
}

/* ---- printing ---------------------------------------------------------- */

static void print_line(struct buf *text, const char *name, const char *suffix, const char *labels,
                       const char *more, double value)
{
    bool both = *labels && *more, any = *labels || *more;
    buf_printf(text, "%s%s%s%s%s%s%s %.17g\n", name, suffix, any ? "{" : "", labels,
               both ? "," : "", more, any ? "}" : "", value);
}

static void print_histogram(struct buf *text, const char *name, const struct sample *sample)
{
    char bound[40];
    for (int i = 0; i < BUCKETS; i++) {
        snprintf(bound, sizeof bound, "le=\"%g\"", bounds[i]);
        print_line(text, name, "_bucket", sample->labels, bound, sample->buckets[i]);
    }
    print_line(text, name, "_bucket", sample->labels, "le=\"+Inf\"", sample->count);
    print_line(text, name, "_sum", sample->labels, "", sample->value);
    print_line(text, name, "_count", sample->labels, "", sample->count);
}

void metrics_print(const struct metrics *metrics, struct buf *ret_text)
{
    int last = -1;
    for (size_t i = 0; i < metrics->count; i++) {
        const struct sample *sample = &metrics->samples[i];
        const struct declared *metric = &table[sample->metric];
        if (sample->metric != last)
            buf_printf(ret_text, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
                       metric->name, type_names[metric->type]);
        last = sample->metric;
        if (metric->type == HISTOGRAM)
            print_histogram(ret_text, metric->name, sample);
        else
            print_line(ret_text, metric->name, "", sample->labels, "", sample->value);
    }
}
