/* Order and repeats.
 *
 * First the rows are brought into the order of their arrival, stable; then they are walked in that
 * order, the order in which a journal would have met them: the first of an identity stands, an
 * equal one after it is dropped, another content is marked as a conflict.  Both work on what files
 * usually are, sorted already, at the cost of looking. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/feed_parts.h"
#include <stdlib.h>
#include <string.h>

/* Order --------------------------------------------------------------------------------------- */

static bool in_order(const struct feed *feed, const struct feed_row *rows, size_t at)
{
    return feed_row_arrival(feed, &rows[at - 1]) <= feed_row_arrival(feed, &rows[at]);
}

/* Merges two sorted neighbours; only the left one is copied out. */
static void merge(const struct feed *feed, struct feed_row *rows, size_t half, size_t count,
                  struct feed_row *spare)
{
    memcpy(spare, rows, half * sizeof *rows);
    size_t left = 0, right = half;
    for (size_t i = 0; left < half; i++) {
        bool take_left = right >= count || feed_row_arrival(feed, &spare[left]) <=
                                               feed_row_arrival(feed, &rows[right]);
        rows[i] = take_left ? spare[left++] : rows[right++];
    }
}

static void merge_sort(const struct feed *feed, struct feed_row *rows, size_t count,
                       struct feed_row *spare)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    merge_sort(feed, rows, half, spare);
    merge_sort(feed, rows + half, count - half, spare);
    if (!in_order(feed, rows, half))
        merge(feed, rows, half, count, spare);
}

static void sort_rows(struct feed *feed)
{
    size_t sorted = 1;
    while (sorted < feed->count && in_order(feed, feed->rows, sorted))
        sorted++;
    if (sorted >= feed->count)
        return;
    struct feed_row *spare = xmalloc((feed->count / 2 + 1) * sizeof *spare);
    merge_sort(feed, feed->rows, feed->count, spare);
    free(spare);
}

/* Identity ------------------------------------------------------------------------------------ */

/* One walk over the rows: which identities have been met, by the number of the row that stands for
 * each. */
struct walk {
    struct feed *feed;
    struct findings *findings; /* may be NULL */
    uint32_t *slots;           /* row number + 1; 0 is empty */
    size_t mask;
    struct feed_view views[2];
};

static uint64_t hash_with_time(uint64_t names, instant_ms time)
{
    uint64_t hash = (names ^ (uint64_t)time) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* A whole fact may repeat a row of CSV (an export read back), so an id that looks like a row's is
 * hashed as one. */
static uint64_t whole_hash(const struct fact *fact)
{
    instant_ms time;
    const char *last = strrchr(fact->id, '/'), *middle = NULL;
    for (const char *at = fact->id; last && at < last; at++) {
        if (*at == '/')
            middle = at;
    }
    if (!middle || instant_parse_rfc3339(last + 1, &time) < 0)
        return hash_with_time(str_hash(fact->source, strlen(fact->source)),
                              (instant_ms)str_hash(fact->id, strlen(fact->id)));
    struct feed_stream_key key = {
        .source = fact->source,
        .source_size = strlen(fact->source),
        .subject = fact->id,
        .subject_size = (size_t)(middle - fact->id),
        .series = middle + 1,
        .series_size = (size_t)(last - middle - 1),
    };
    return hash_with_time(feed_names_hash(&key), time);
}

static uint64_t row_hash(const struct feed *feed, const struct feed_row *row)
{
    if (row->stream)
        return hash_with_time(feed->streams[row->stream].hash, row->time);
    return whole_hash(&feed->whole[row->value].fact);
}

/* Two rows of CSV are compared without printing their ids: names are interned. */
static bool same_identity(struct walk *walk, const struct feed_row *a, const struct feed_row *b)
{
    const struct feed *feed = walk->feed;
    if (a->stream && b->stream) {
        const struct feed_stream *x = &feed->streams[a->stream], *y = &feed->streams[b->stream];
        return a->time == b->time && x->subject == y->subject && x->series == y->series &&
               x->source == y->source;
    }
    const struct fact *x = feed_row_fact(feed, a, &walk->views[0]);
    const struct fact *y = feed_row_fact(feed, b, &walk->views[1]);
    return str_equal(x->id, y->id) && str_equal(x->source, y->source);
}

static bool same_content(struct walk *walk, const struct feed_row *a, const struct feed_row *b)
{
    const struct feed *feed = walk->feed;
    if (a->stream && b->stream)
        return a->value == b->value &&
               feed->streams[a->stream].flag == feed->streams[b->stream].flag &&
               feed->streams[a->stream].period == feed->streams[b->stream].period;
    struct buf x = {0}, y = {0};
    fact_print_content(&x, feed_row_fact(feed, a, &walk->views[0]));
    fact_print_content(&y, feed_row_fact(feed, b, &walk->views[1]));
    bool same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    buf_release(&x);
    buf_release(&y);
    return same;
}

/* The row that stands for the identity of row `number`; that row itself when it is the first. */
static size_t first_of(struct walk *walk, size_t number)
{
    const struct feed_row *rows = walk->feed->rows;
    size_t at = row_hash(walk->feed, &rows[number]) & walk->mask;
    for (; walk->slots[at]; at = (at + 1) & walk->mask) {
        size_t first = walk->slots[at] - 1;
        if (same_identity(walk, &rows[first], &rows[number]))
            return first;
    }
    walk->slots[at] = (uint32_t)number + 1;
    return number;
}

/* Conflicts ----------------------------------------------------------------------------------- */

/* Who, what and when, in local time as it was written; of an event its id. */
static void print_identity(struct buf *buf, struct walk *walk, const struct feed_row *row)
{
    const struct feed_stream *stream = &walk->feed->streams[row->stream];
    if (row->stream == 0) {
        buf_puts(buf, walk->feed->whole[row->value].fact.id);
        return;
    }
    buf_printf(buf, "%s %s ", stream->subject, stream->series);
    instant_print_short(buf, row->time, walk->feed->zone);
}

static void tell_conflict(struct walk *walk, const struct feed_row *first,
                          const struct feed_row *row)
{
    if (!walk->findings)
        return;
    const struct fact *fact = feed_row_fact(walk->feed, row, &walk->views[0]);
    struct place before = feed_row_place(walk->feed, first);
    struct buf identity = {0};
    print_identity(&identity, walk, row);
    findings_add(walk->findings, SEV_WARNING, "N013", feed_row_place(walk->feed, row),
                 tr("the one that arrived first counts; a correction needs an identity of its own "
                    "(in CSV: another `source`)",
                    "以先到者为准；更正数据须使用不同的标识（CSV 中请另写 source）"),
                 tr("%s of source %s was already given with other content, at %s:%d",
                    "来源 %2$s 的 %1$s 已有不同内容，见 %3$s:%4$d"),
                 buf_str(&identity), fact->source, before.file, before.line);
    buf_release(&identity);
}

/* Settles row `number`; false when it is a repeat. */
static bool settle(struct walk *walk, size_t number)
{
    struct feed_row *row = &walk->feed->rows[number];
    size_t first = first_of(walk, number);
    if (first == number)
        return true;
    if (same_content(walk, &walk->feed->rows[first], row))
        return false;
    if (!row->conflict)
        tell_conflict(walk, &walk->feed->rows[first], row);
    row->conflict = 1;
    return true;
}

void feed_sort(struct feed *feed, struct findings *findings)
{
    sort_rows(feed);
    size_t slots = 16;
    while (slots < feed->count * 2)
        slots *= 2;
    struct walk walk = {.feed = feed,
                        .findings = findings,
                        .slots = xcalloc(slots, sizeof *walk.slots),
                        .mask = slots - 1};
    size_t kept = 0;
    for (size_t i = 0; i < feed->count; i++) {
        /* Rows move to the front as repeats fall out; the slots name places that are already
         * settled. */
        feed->rows[kept] = feed->rows[i];
        if (settle(&walk, kept))
            kept++;
    }
    feed->repeats += feed->count - kept;
    feed->count = kept;
    free(walk.slots);
    buf_release(&walk.views[0].id);
    buf_release(&walk.views[1].id);
}
