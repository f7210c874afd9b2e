/* Faults are found row by row and counted by stream; only then are they gathered by what they
 * concern, so that a year of hours costs a few comparisons each. */
#include "model/feed_review.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/feed_parts.h"
#include "model/policy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Faults -------------------------------------------------------------------------------------- */

static const struct series *series_named(const struct feed *feed, const char *name)
{
    int number = feed->policy ? policy_series(feed->policy, name) : -1;
    return number >= 0 ? &feed->policy->series[number] : NULL;
}

static bool has_flag(const char *flags, char flag)
{
    return flag && flags && strchr(flags, flag);
}

/* What HJ 212 says of a value: normal, stopped, maintenance, entered by hand, broken, calibration,
 * beyond the range, no connection.  Those a series does not name as valid count for nothing on
 * purpose. */
static bool is_protocol_flag(char flag)
{
    return has_flag("NFMSDCTB", flag);
}

static unsigned flag_fault(const struct series *series, char flag)
{
    bool known = !flag || has_flag(series->valid_flags, flag) ||
                 has_flag(series->stopped_flags, flag) || is_protocol_flag(flag);
    return known ? 0 : 1u << FAULT_FLAG;
}

static unsigned value_faults(const struct series *series, micro value, char flag)
{
    bool counts = value != MICRO_NONE && (!flag || has_flag(series->valid_flags, flag)) &&
                  !has_flag(series->stopped_flags, flag);
    return counts && (value < series->low || value > series->high) ? 1u << FAULT_BOUNDS : 0;
}

static unsigned time_faults(const struct feed *feed, const struct series *series, instant_ms time)
{
    return step_start(time, series->step, feed->zone) == time ? 0 : 1u << FAULT_START;
}

static unsigned period_fault(const struct series *series, span_ms period)
{
    return period == 0 || period == series->step ? 0 : 1u << FAULT_PERIOD;
}

void feed_stream_review(const struct feed *feed, struct feed_stream *stream)
{
    if (!feed->policy)
        return;
    stream->known = series_named(feed, stream->series);
    stream->standing =
        (policy_knows_subject(feed->policy, stream->subject) ? 0 : 1u << FAULT_SUBJECT) |
        (stream->known ? 0 : 1u << FAULT_SERIES);
    if (stream->standing == 0)
        stream->standing =
            flag_fault(stream->known, stream->flag) | period_fault(stream->known, stream->period);
    else
        stream->known = NULL; /* what nobody asks for is not looked at further */
}

unsigned feed_row_faults(const struct feed *feed, const struct feed_stream *stream, instant_ms time,
                         micro value)
{
    if (!stream->known)
        return stream->standing;
    return stream->standing | value_faults(stream->known, value, stream->flag) |
           time_faults(feed, stream->known, time);
}

bool feed_subject_is_known(const struct policy *policy, const struct fact *fact)
{
    if (fact->kind == FACT_FORECAST)
        return policy_area(policy, fact->subject) >= 0;
    return policy_knows_subject(policy, fact->subject);
}

/* Of value `i` of a reading whose subject is known. */
static unsigned fact_faults(const struct feed *feed, const struct fact *fact, int i)
{
    const struct reading_value *value = &fact->reading.values[i];
    const struct series *series = series_named(feed, value->series);
    if (!series)
        return 1u << FAULT_SERIES;
    return flag_fault(series, value->flag) | value_faults(series, value->value, value->flag) |
           time_faults(feed, series, fact->time) | period_fault(series, fact->reading.period);
}

/* The place of the first value that lies out of the series' bounds; -1: there is none. */
static int forecast_outside(const struct series *series, const struct forecast *forecast)
{
    for (int i = 0; i < forecast->count; i++)
        if (forecast->low[i] != MICRO_NONE &&
            (forecast->low[i] < series->low || forecast->high[i] > series->high))
            return i;
    return -1;
}

static unsigned forecast_faults(const struct feed *feed, const struct forecast *forecast)
{
    const struct series *series = series_named(feed, forecast->series);
    if (!series)
        return 1u << FAULT_SERIES;
    return forecast_outside(series, forecast) >= 0 ? 1u << FAULT_BOUNDS : 0;
}

static char *forecast_fault(const struct feed *feed, const struct forecast *forecast)
{
    const struct series *series = series_named(feed, forecast->series);
    int outside = series ? forecast_outside(series, forecast) : -1;
    if (!series)
        return xstrdup("/data/series");
    return outside >= 0 ? xasprintf("/data/values/%d", outside) : NULL;
}

char *feed_fact_fault(const struct feed *feed, const struct fact *fact)
{
    if (fact->kind == FACT_FORECAST)
        return forecast_fault(feed, &fact->forecast);
    for (int i = 0; i < fact->reading.count; i++) {
        unsigned faults = fact_faults(feed, fact, i);
        if (faults & (1u << FAULT_SERIES | 1u << FAULT_BOUNDS | 1u << FAULT_FLAG))
            return xasprintf("/data/values/%s", fact->reading.values[i].series);
        if (faults)
            return xstrdup(faults & 1u << FAULT_START ? "/time" : "/data/period");
    }
    return NULL;
}

/* Tallies ------------------------------------------------------------------------------------- */

/* One fault of one name, over all files. */
struct tally {
    enum feed_fault fault;
    const char *name; /* of the subject or series */
    char flag;
    size_t count;
    int file;
    struct feed_spot first;
};
struct review {
    const struct feed *feed;
    struct findings *findings;
    struct intern *told; /* what was told before; NULL: all is new, and counted */
    struct intern keys;
    struct tally *tallies; /* by number in `keys` */
    size_t count, capacity;
    int suggested;
    char tail[64]; /* how the message at hand ends */
};
enum {
    SUGGESTIONS_MAX = 10
}; /* near misses are searched for only so often: each walks all names */

static struct tally *tally_of(struct review *review, enum feed_fault fault, const char *name,
                              char flag)
{
    char *key = xasprintf("%d %c %s", (int)fault, fault == FAULT_FLAG ? flag : '-', name);
    size_t number = (size_t)intern_add(&review->keys, key);
    free(key);
    if (number == review->count) {
        void *tallies = review->tallies;
        xgrow(&tallies, review->count, &review->capacity, sizeof *review->tallies);
        review->tallies = tallies;
        review->tallies[review->count++] =
            (struct tally){.fault = fault, .name = name, .flag = flag};
    }
    return &review->tallies[number];
}

static void tally_add(struct tally *tally, size_t count, int file, struct feed_spot spot)
{
    bool earlier =
        tally->count == 0 || file < tally->file ||
        (file == tally->file && (spot.line < tally->first.line ||
                                 (spot.line == tally->first.line && spot.col < tally->first.col)));
    tally->count += count;
    if (!earlier)
        return;
    tally->file = file;
    tally->first = spot;
}

static void tally_faults(struct review *review, unsigned faults, const struct feed_whole *whole,
                         const char *series, char flag)
{
    for (int fault = FAULT_SERIES; fault < FAULTS; fault++) {
        if (faults >> fault & 1)
            tally_add(tally_of(review, (enum feed_fault)fault, series, flag), 1, whole->file,
                      whole->fault);
    }
}

static void review_whole(struct review *review, const struct feed_whole *whole)
{
    const struct fact *fact = &whole->fact;
    if (whole->at.line == 0) /* made by the caller, who has looked at it */
        return;
    if (fact->kind != FACT_READING && fact->kind != FACT_FORECAST)
        return;
    bool known = feed_subject_is_known(review->feed->policy, fact);
    if (!known)
        tally_add(tally_of(review, FAULT_SUBJECT, fact->subject, 0), 1, whole->file,
                  whole->subject);
    if (fact->kind == FACT_FORECAST) {
        tally_faults(review, forecast_faults(review->feed, &fact->forecast), whole,
                     fact->forecast.series, 0);
        return;
    }
    for (int i = 0; i < fact->reading.count; i++) {
        const struct reading_value *value = &fact->reading.values[i];
        unsigned faults = fact_faults(review->feed, fact, i);
        tally_faults(review, known ? faults : faults & 1u << FAULT_SERIES, whole, value->series,
                     value->flag);
    }
}

/* What was refused as a conflict has been told of, and is not used anyway. */
static void review_rows(struct review *review)
{
    const struct feed *feed = review->feed;
    size_t(*counts)[FAULTS] = xcalloc(feed->stream_count, sizeof *counts);
    for (size_t i = 0; i < feed->count; i++) {
        const struct feed_row *row = &feed->rows[i];
        if (row->conflict)
            continue;
        if (row->stream == 0) {
            review_whole(review, &feed->whole[row->value]);
            continue;
        }
        unsigned faults = feed_row_faults(feed, &feed->streams[row->stream], row->time, row->value);
        for (int fault = 0; faults; fault++, faults >>= 1)
            counts[row->stream][fault] += faults & 1;
    }
    for (size_t i = 1; i < feed->stream_count; i++) {
        const struct feed_stream *stream = &feed->streams[i];
        for (int fault = 0; fault < FAULTS; fault++) {
            if (counts[i][fault] > 0)
                tally_add(tally_of(review, (enum feed_fault)fault,
                                   fault == FAULT_SUBJECT ? stream->subject : stream->series,
                                   stream->flag),
                          counts[i][fault], stream->file, stream->spots[fault]);
        }
    }
    free(counts);
}

/* Words --------------------------------------------------------------------------------------- */

static const char *nearest_series(const struct policy *policy, const char *name)
{
    const char **names = xcalloc(policy->series_count + 1, sizeof *names);
    for (size_t i = 0; i < policy->series_count; i++)
        names[i] = policy->series[i].name;
    const char *near = str_nearest(name, names, policy->series_count);
    free(names);
    return near;
}

static const char *nearest_subject(const struct policy *policy, const char *name)
{
    const struct registry *registry = &policy->registry;
    size_t room = policy->station_count + policy->area_count + registry->count, count = 0;
    const char **names = xcalloc(room + 1, sizeof *names);
    for (size_t i = 0; i < policy->station_count; i++)
        names[count++] = policy->stations[i].id;
    for (size_t i = 0; i < policy->area_count; i++)
        names[count++] = policy->areas[i].code;
    for (size_t i = 0; i < registry->count; i++)
        names[count++] = registry->recipients[i].id;
    const char *near = str_nearest(name, names, count);
    free(names);
    return near;
}

static char *hint_for(struct review *review, const struct tally *tally)
{
    const struct policy *policy = review->feed->policy;
    const char *near = NULL;
    if (review->suggested++ < SUGGESTIONS_MAX)
        near = tally->fault == FAULT_SUBJECT ? nearest_subject(policy, tally->name)
                                             : nearest_series(policy, tally->name);
    if (near)
        return xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near);
    return xstrdup(tally->fault == FAULT_SUBJECT
                       ? tr("stations and areas stand in policy.yaml, enterprises in registry/",
                            "站点和区域见 policy.yaml，企业见 registry/")
                       : tr("series stand in series.yaml", "序列见 series.yaml"));
}

#define warn(review, tally, code, hint, ...) \
    findings_add((review)->findings, SEV_WARNING, code, place_of(review, tally), hint, __VA_ARGS__)

static struct place place_of(const struct review *review, const struct tally *tally)
{
    return (struct place){intern_name(&review->feed->names, tally->file), tally->first.line,
                          tally->first.col};
}

/* How many there are in all; where more may come, that this one stands for them. */
static const char *tail_of(struct review *review, const struct tally *tally)
{
    bool values = tally->fault == FAULT_BOUNDS || tally->fault == FAULT_FLAG;
    if (review->told)
        snprintf(review->tail, sizeof review->tail, "%s",
                 tr("; this is told once", "；同类情况不再提示"));
    else
        snprintf(review->tail, sizeof review->tail,
                 values ? tr(", %zu in all", "，共 %zu 个") : tr(", %zu in all", "，共 %zu 条"),
                 tally->count);
    return review->tail;
}

static void tell_unknown(struct review *review, const struct tally *tally)
{
    char *hint = hint_for(review, tally);
    if (tally->fault == FAULT_SUBJECT)
        warn(review, tally, "N040", hint,
             tr("the policy knows no `%s`: not used%s", "政策包中没有 `%s`：相关数据不采用%s"),
             tally->name, tail_of(review, tally));
    else
        warn(review, tally, "N041", hint,
             tr("there is no series `%s`: not used%s", "没有序列 `%s`：相关数据不采用%s"),
             tally->name, tail_of(review, tally));
    free(hint);
}

static void print_bound(struct buf *buf, micro bound)
{
    if (bound == MICRO_MAX || bound == -MICRO_MAX)
        buf_puts(buf, bound > 0 ? "∞" : "-∞");
    else
        micro_print(buf, bound);
}

static void tell_bounds(struct review *review, const struct tally *tally)
{
    const struct series *series = series_named(review->feed, tally->name);
    struct buf low = {0}, high = {0};
    print_bound(&low, series->low);
    print_bound(&high, series->high);
    warn(review, tally, "N042",
         tr("a value out of bounds counts as unknown; see low and high in series.yaml",
            "超出范围的值按未知处理，范围见 series.yaml 的 low 和 high"),
         tr("values of `%s` lie outside %s … %s%s", "`%s` 的值超出 %s … %s%s"), tally->name,
         buf_str(&low), buf_str(&high), tail_of(review, tally));
    buf_release(&low);
    buf_release(&high);
}

static void tell_flag(struct review *review, const struct tally *tally)
{
    warn(review, tally, "N043",
         tr("such a value counts as unknown; valid and stopped in series.yaml name the flags",
            "这样的值按未知处理；数据标识由 series.yaml 的 valid 和 stopped 规定"),
         tr("`%s` has no flag %c%s", "`%s` 没有数据标识 %c%s"), tally->name, tally->flag,
         tail_of(review, tally));
}

static void tell_misfit(struct review *review, const struct tally *tally)
{
    const struct series *series = series_named(review->feed, tally->name);
    struct buf step = {0};
    span_print(&step, series->step);
    if (tally->fault == FAULT_START)
        warn(review, tally, "N044",
             tr("`time` is the start of a step, not the moment of the upload",
                "time 应为时段起点，而不是上报时刻"),
             tr("readings of `%s` do not begin with a step of %s: not used%s",
                "`%s` 的读数不在 %s 时段的起点：不采用%s"),
             tally->name, buf_str(&step), tail_of(review, tally));
    else
        warn(review, tally, "N045",
             tr("one reading covers one step of its series", "一条读数应恰好覆盖该序列的一个时段"),
             tr("readings of `%s` cover another span than its step, %s: not used%s",
                "`%s` 的读数时长与 step（%s）不符：不采用%s"),
             tally->name, buf_str(&step), tail_of(review, tally));
    buf_release(&step);
}

static void tell(struct review *review, const struct tally *tally)
{
    switch (tally->fault) {
    case FAULT_SUBJECT:
    case FAULT_SERIES:
        tell_unknown(review, tally);
        break;
    case FAULT_BOUNDS:
        tell_bounds(review, tally);
        break;
    case FAULT_FLAG:
        tell_flag(review, tally);
        break;
    case FAULT_START:
    case FAULT_PERIOD:
        tell_misfit(review, tally);
        break;
    case FAULTS:
        break;
    }
}

/* False when it was told before, or too much was. */
static bool is_new(struct review *review, int number)
{
    if (!review->told)
        return true;
    const char *key = intern_name(&review->keys, number);
    if (review->told->count >= SLIPS_TOLD_MAX || intern_find(review->told, key) != INTERN_NONE)
        return false;
    intern_add(review->told, key);
    return true;
}

/* Into `findings`, sorted; the review is through. */
static void tell_all(struct review *review, struct findings *findings)
{
    struct findings found = {0};
    review->findings = &found;
    for (size_t i = 0; i < review->count; i++)
        if (is_new(review, (int)i))
            tell(review, &review->tallies[i]);
    findings_sort(&found);
    findings_join(findings, &found);
    intern_release(&review->keys);
    free(review->tallies);
}

void feed_review_new(const struct feed *feed, struct intern *told, struct findings *findings)
{
    struct review review = {.feed = feed, .told = told};
    if (!feed->policy)
        return;
    review_rows(&review);
    tell_all(&review, findings);
}

void feed_review(const struct feed *feed, struct findings *findings)
{
    feed_review_new(feed, NULL, findings);
}

void fact_review_new(const struct policy *policy, const struct fact *fact, struct place place,
                     struct intern *told, struct findings *findings)
{
    struct feed feed = {.policy = policy, .zone = policy->zone};
    struct review review = {.feed = &feed, .told = told};
    struct feed_spot spot = {place.line, place.col};
    struct feed_whole whole = {.fact = *fact, .at = spot, .subject = spot, .fault = spot};
    whole.file = intern_add(&feed.names, place.file);
    review_whole(&review, &whole);
    tell_all(&review, findings);
    intern_release(&feed.names);
}
