/* Times that cannot be meant.
 *
 * One slip in a year (2105 for 2015) makes a replay walk ninety years of hours, or brings a reading
 * in before everything else.  So a time that no file can hold is refused by itself, and one that
 * lies many years from the middle of its own file with it. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "model/feed_parts.h"
#include <stdlib.h>

enum { TOLD_MAX = 20 }; /* one slip in a spreadsheet is the slip of every row */
static const span_ms apart_max = FACT_YEARS_APART_MAX * (span_ms)366 * DAY_MS;

bool feed_time_is_plausible(instant_ms time)
{
    return time >= days_of_date(FACT_YEAR_MIN, 1, 1) * DAY_MS &&
           time < days_of_date(FACT_YEAR_MAX, 1, 1) * DAY_MS;
}

void feed_refuse_time(struct feed *feed, struct findings *findings, struct place place,
                      instant_ms time)
{
    struct buf text = {0};
    if (feed->refused_times++ >= TOLD_MAX) {
        if (feed->refused_times == TOLD_MAX + 1)
            feed->silent_line = place.line;
        return;
    }
    instant_print_short(&text, time, feed->zone);
    findings_add(findings, SEV_ERROR, "N015", place,
                 tr("look at the year; this one was left out", "请核对年份；该条未读入"),
                 tr("%s lies outside the years %d to %d", "%s 不在 %d 至 %d 年之间"),
                 buf_str(&text), FACT_YEAR_MIN, FACT_YEAR_MAX);
    buf_release(&text);
}

void feed_tell_refused(struct feed *feed, const char *name, struct findings *findings)
{
    if (feed->refused_times > TOLD_MAX)
        findings_add(findings, SEV_ERROR, "N015",
                     (struct place){.file = name, .line = feed->silent_line},
                     tr("look at the year; these were left out", "请核对年份；这些条目未读入"),
                     tr("from this line on %zu more times lie outside the years %d to %d",
                        "自此行起另有 %zu 个时间不在 %d 至 %d 年之间"),
                     feed->refused_times - TOLD_MAX, FACT_YEAR_MIN, FACT_YEAR_MAX);
    for (; feed->refused_times > TOLD_MAX + 1; feed->refused_times--)
        findings_count_error(findings);
    feed->refused_times = 0;
}

/* Of a fact that is kept whole: what it speaks of, else when it was learnt. */
static instant_ms time_of(const struct feed *feed, const struct feed_row *row)
{
    if (row->stream)
        return row->time;
    const struct fact *fact = &feed->whole[row->value].fact;
    return fact->time != INSTANT_NONE ? fact->time : row->time;
}

static int by_time(const void *a, const void *b)
{
    instant_ms x = *(const instant_ms *)a, y = *(const instant_ms *)b;
    return (x > y) - (x < y);
}

static instant_ms median(const struct feed *feed, size_t first)
{
    size_t count = feed->count - first;
    instant_ms *times = xmalloc(count * sizeof *times);
    for (size_t i = 0; i < count; i++)
        times[i] = time_of(feed, &feed->rows[first + i]);
    qsort(times, count, sizeof *times, by_time);
    instant_ms middle = times[(count - 1) / 2];
    free(times);
    return middle;
}

static bool is_wide(const struct feed *feed, size_t first)
{
    instant_ms low = INT64_MAX, high = INT64_MIN;
    for (size_t i = first; i < feed->count; i++) {
        instant_ms time = time_of(feed, &feed->rows[i]);
        low = time < low ? time : low;
        high = time > high ? time : high;
    }
    return high > low && high - low > apart_max;
}

static void refuse_far(const struct feed *feed, const struct feed_row *row, instant_ms middle,
                       struct findings *findings)
{
    struct buf time = {0}, others = {0};
    instant_print_short(&time, time_of(feed, row), feed->zone);
    instant_print_short(&others, middle, feed->zone);
    char *hint = xasprintf(tr("the middle of the file is %s; this one was left out",
                              "该文件的时间以 %s 为中；该条未读入"),
                           buf_str(&others));
    findings_add(findings, SEV_ERROR, "N016", feed_row_place(feed, row), hint,
                 tr("%s lies more than %d years from the rest of the file",
                    "%s 与文件中其他时间相差 %d 年以上"),
                 buf_str(&time), FACT_YEARS_APART_MAX);
    free(hint);
    buf_release(&time);
    buf_release(&others);
}

void feed_drop_far(struct feed *feed, size_t first, struct findings *findings)
{
    enum { JUDGED_FROM = 3 }; /* of two times nobody can say which is wrong */
    if (feed->count - first < JUDGED_FROM || !is_wide(feed, first))
        return;
    instant_ms middle = median(feed, first);
    size_t kept = first;
    for (size_t i = first; i < feed->count; i++) {
        instant_ms time = time_of(feed, &feed->rows[i]);
        if (time - middle > apart_max || middle - time > apart_max)
            refuse_far(feed, &feed->rows[i], middle, findings);
        else
            feed->rows[kept++] = feed->rows[i];
    }
    feed->count = kept;
}
