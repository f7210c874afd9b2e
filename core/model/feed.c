/* The store behind a feed: rows, what they share, and the facts that are kept whole.
 *
 * Nearly all facts of a long replay are rows of CSV with one value.  They are kept as 24 bytes, and
 * what repeats (source, station, series, flag) once; the struct fact that a caller sees is made on
 * the way out. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/feed_parts.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

int feed_new(struct feed **ret_feed, span_ms zone, const struct policy *policy)
{
    struct feed *feed = xcalloc(1, sizeof *feed);
    feed->zone = zone;
    feed->policy = policy;
    feed->view = xcalloc(1, sizeof *feed->view);
    feed->stream_count = 1;
    feed->stream_capacity = 16;
    feed->streams = xcalloc(feed->stream_capacity, sizeof *feed->streams);
    *ret_feed = feed;
    return 0;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    buf_release(&feed->view->id);
    free(feed->view);
    free(feed->rows);
    free(feed->whole);
    free(feed->streams);
    free(feed->stream_slots);
    intern_release(&feed->names);
    arena_release(&feed->arena);
    free(feed);
}

size_t feed_count(const struct feed *feed)
{
    return feed->count;
}

size_t feed_repeats(const struct feed *feed)
{
    return feed->repeats;
}

/* Names --------------------------------------------------------------------------------------- */

const char *feed_name(struct feed *feed, const char *text, size_t size)
{
    char *name = xstrndup(text, size);
    int number = intern_add(&feed->names, name);
    free(name);
    return intern_name(&feed->names, number);
}

int feed_file(struct feed *feed, const char *name)
{
    return intern_add(&feed->names, name);
}

/* Streams ------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t more)
{
    return (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

/* Of the names alone, so that one identity has one hash whatever its flag. */
uint64_t feed_names_hash(const struct feed_stream_key *key)
{
    uint64_t hash = str_hash(key->source, key->source_size);
    hash = mix(hash, str_hash(key->subject, key->subject_size));
    return mix(hash, str_hash(key->series, key->series_size));
}

static uint64_t slot_hash(uint64_t names, span_ms written, char flag, int file)
{
    uint64_t hash = mix(mix(mix(names, (uint64_t)written), (unsigned char)flag), (uint64_t)file);
    return hash ^ hash >> 32;
}

static bool same_text(const char *name, const char *text, size_t size)
{
    return strncmp(name, text, size) == 0 && name[size] == 0;
}

static bool stream_is(const struct feed_stream *stream, const struct feed_stream_key *key,
                      uint64_t hash)
{
    return stream->hash == hash && stream->written == key->period && stream->flag == key->flag &&
           stream->file == key->file &&
           same_text(stream->subject, key->subject, key->subject_size) &&
           same_text(stream->series, key->series, key->series_size) &&
           same_text(stream->source, key->source, key->source_size);
}

static void grow_slots(struct feed *feed)
{
    size_t count = feed->stream_slot_count ? feed->stream_slot_count * 2 : 64;
    free(feed->stream_slots);
    feed->stream_slots = xcalloc(count, sizeof *feed->stream_slots);
    feed->stream_slot_count = count;
    for (uint32_t i = 1; i < feed->stream_count; i++) {
        const struct feed_stream *stream = &feed->streams[i];
        size_t at = slot_hash(stream->hash, stream->written, stream->flag, stream->file);
        while (feed->stream_slots[at &= count - 1])
            at++;
        feed->stream_slots[at] = i;
    }
}

/* The step that the policy gives the series, else an hour. */
static span_ms default_period(const struct feed *feed, const struct feed_stream_key *key)
{
    if (!feed->policy)
        return HOUR_MS;
    char *name = xstrndup(key->series, key->series_size);
    int series = policy_series(feed->policy, name);
    free(name);
    return series >= 0 ? feed->policy->series[series].step : HOUR_MS;
}

static uint32_t add_stream(struct feed *feed, const struct feed_stream_key *key, uint64_t hash)
{
    void *streams = feed->streams;
    xgrow(&streams, feed->stream_count, &feed->stream_capacity, sizeof *feed->streams);
    feed->streams = streams;
    struct feed_stream *stream = &feed->streams[feed->stream_count];
    *stream = (struct feed_stream){
        .source = feed_name(feed, key->source, key->source_size),
        .subject = feed_name(feed, key->subject, key->subject_size),
        .series = feed_name(feed, key->series, key->series_size),
        .written = key->period,
        .period = key->period ? key->period : default_period(feed, key),
        .flag = key->flag,
        .file = key->file,
        .hash = hash,
    };
    feed_stream_review(feed, stream);
    return (uint32_t)feed->stream_count++;
}

/* The stream of a row, made at first sight. */
uint32_t feed_stream_of(struct feed *feed, const struct feed_stream_key *key)
{
    if (feed->stream_count * 2 >= feed->stream_slot_count)
        grow_slots(feed);
    uint64_t hash = feed_names_hash(key);
    size_t mask = feed->stream_slot_count - 1;
    size_t at = slot_hash(hash, key->period, key->flag, key->file) & mask;
    for (; feed->stream_slots[at]; at = (at + 1) & mask) {
        uint32_t number = feed->stream_slots[at];
        if (stream_is(&feed->streams[number], key, hash))
            return number;
    }
    return feed->stream_slots[at] = add_stream(feed, key, hash);
}

/* Rows ---------------------------------------------------------------------------------------- */

static struct feed_row *new_row(struct feed *feed)
{
    void *rows = feed->rows;
    xgrow(&rows, feed->count, &feed->capacity, sizeof *feed->rows);
    feed->rows = rows;
    return &feed->rows[feed->count++];
}

void feed_push_row(struct feed *feed, uint32_t stream, instant_ms time, micro value, int line)
{
    *new_row(feed) =
        (struct feed_row){.time = time, .value = value, .stream = stream, .line = (uint32_t)line};
}

struct feed_whole *feed_push_whole(struct feed *feed, const struct fact *fact, int file, int line)
{
    void *whole = feed->whole;
    xgrow(&whole, feed->whole_count, &feed->whole_capacity, sizeof *feed->whole);
    feed->whole = whole;
    feed->whole[feed->whole_count] = (struct feed_whole){.fact = *fact, .file = file};
    *new_row(feed) = (struct feed_row){.time = fact->arrival,
                                       .value = (micro)feed->whole_count++,
                                       .conflict = fact->conflict,
                                       .line = (uint32_t)line};
    return &feed->whole[feed->whole_count - 1];
}

void feed_add_fact(struct feed *feed, const struct fact *fact)
{
    struct fact copy;
    fact_copy(&copy, &feed->arena, fact);
    feed_push_whole(feed, &copy, feed_file(feed, ""), 0);
}

/* Showing ------------------------------------------------------------------------------------- */

static void put_digits(char *at, int count, int value)
{
    while (count-- > 0) {
        at[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* 2015-11-07T06:00:00Z, with milliseconds only when there are any: always UTC, so that the id of a
 * row does not depend on the zone it was read in. */
void feed_row_id(struct buf *buf, const struct feed_stream *stream, instant_ms time)
{
    struct civil civil = civil_of(time, 0);
    char text[] = "0000-00-00T00:00:00.000Z";
    put_digits(text, 4, civil.year);
    put_digits(text + 5, 2, civil.month);
    put_digits(text + 8, 2, civil.day);
    put_digits(text + 11, 2, civil.hour);
    put_digits(text + 14, 2, civil.minute);
    put_digits(text + 17, 2, civil.second);
    put_digits(text + 20, 3, civil.millisecond);
    buf_puts(buf, stream->subject);
    buf_putc(buf, '/');
    buf_puts(buf, stream->series);
    buf_putc(buf, '/');
    buf_add(buf, text, civil.millisecond ? 23 : 19);
    buf_putc(buf, 'Z');
}

instant_ms feed_row_arrival(const struct feed *feed, const struct feed_row *row)
{
    return row->stream ? row->time + feed->streams[row->stream].period : row->time;
}

const struct fact *feed_row_fact(const struct feed *feed, const struct feed_row *row,
                                 struct feed_view *view)
{
    if (row->stream == 0) {
        struct feed_whole *whole = &feed->whole[row->value];
        whole->fact.conflict = row->conflict;
        return &whole->fact;
    }
    const struct feed_stream *stream = &feed->streams[row->stream];
    buf_clear(&view->id);
    feed_row_id(&view->id, stream, row->time);
    view->value = (struct reading_value){stream->series, row->value, stream->flag};
    view->fact = (struct fact){
        .kind = FACT_READING,
        .time = row->time,
        .arrival = row->time + stream->period,
        .source = stream->source,
        .id = buf_str(&view->id),
        .subject = stream->subject,
        .conflict = row->conflict,
        .reading = {.values = &view->value, .count = 1, .period = stream->period},
    };
    return &view->fact;
}

/* To the line; a row's column is that of its time, as far as the first row of its kind tells. */
struct place feed_row_place(const struct feed *feed, const struct feed_row *row)
{
    const struct feed_stream *stream = &feed->streams[row->stream];
    const struct feed_whole *whole = row->stream ? NULL : &feed->whole[row->value];
    int file = whole ? whole->file : stream->file;
    return (struct place){intern_name(&feed->names, file), (int)row->line,
                          whole ? whole->at.col : stream->time_col};
}

const struct fact *feed_fact(const struct feed *feed, size_t number)
{
    return feed_row_fact(feed, &feed->rows[number], feed->view);
}

instant_ms feed_arrival(const struct feed *feed, size_t number)
{
    return feed_row_arrival(feed, &feed->rows[number]);
}
