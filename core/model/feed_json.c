/* Facts as CloudEvents: one object a line, an array of them, or objects written over many lines.
 *
 * Each event is cut out of the text and parsed by itself.  So one bad event costs itself alone, a
 * long file needs no more memory than its facts, and every complaint knows its line and column. */
#include "base/lang.h"
#include "base/limits.h"
#include "model/cloudevent.h"
#include "model/feed_parts.h"
#include "model/locate.h"
#include <stdlib.h>
#include <string.h>

/* A place that moves forward through a text.  Characters are counted as it moves: a million events
 * may stand on one line. */
struct cursor {
    const char *text;
    size_t size, at;
    size_t before; /* characters of the line in front of here */
    int line;
};

static void move_to(struct cursor *cursor, size_t at)
{
    const char *end = cursor->text + at, *from = cursor->text + cursor->at;
    for (const char *feed; (feed = memchr(from, '\n', (size_t)(end - from))); from = feed + 1) {
        cursor->line++;
        cursor->before = 0;
    }
    cursor->before += str_chars(from, (size_t)(end - from));
    cursor->at = at;
}

static struct place place_of(const struct cursor *cursor, const char *file)
{
    return (struct place){file, cursor->line, (int)cursor->before + 1};
}

/* A rebased fact is another one: its id says by how much it was moved. */
static void rebase(struct feed *feed, struct fact *fact, span_ms offset)
{
    struct buf span = {0};
    fact_shift(fact, offset);
    span_print(&span, offset < 0 ? -offset : offset);
    fact->id =
        arena_printf(&feed->arena, "%s@%c%s", fact->id, offset < 0 ? '-' : '+', buf_str(&span));
    buf_release(&span);
}

static struct feed_spot spot_of(const struct witness *witness, const char *pointer)
{
    struct place place = witness_place(witness, pointer);
    return (struct feed_spot){place.line, place.col};
}

/* While the text is at hand: where the event says what no policy may know. */
static void place_faults(const struct json_lines *json, struct feed_whole *whole, const char *text,
                         size_t size)
{
    struct witness witness = {
        .place = {json->name, whole->at.line, whole->at.col}, .text = text, .size = size};
    whole->subject = whole->fault = whole->at;
    if (!json->feed->policy ||
        (whole->fact.kind != FACT_READING && whole->fact.kind != FACT_FORECAST))
        return;
    if (!feed_subject_is_known(json->feed->policy, &whole->fact))
        whole->subject = spot_of(&witness, "/subject");
    char *pointer = feed_fact_fault(json->feed, &whole->fact);
    if (pointer)
        whole->fault = spot_of(&witness, pointer);
    free(pointer);
}

static void read_event(struct json_lines *json, const char *text, size_t size, struct place place)
{
    struct feed *feed = json->feed;
    struct fact fact;
    if (fact_of_text(&fact, &feed->arena, text, size, feed->zone, place, json->findings) < 0)
        return;
    if (fact.time != INSTANT_NONE && !feed_time_is_plausible(fact.time)) {
        feed_refuse_time(feed, json->findings, place, fact.time);
        return;
    }
    if (json->offset != 0)
        rebase(feed, &fact, json->offset);
    struct feed_whole *whole = feed_push_whole(feed, &fact, json->file, place.line);
    whole->at = (struct feed_spot){place.line, place.col};
    place_faults(json, whole, text, size);
}

/* Lines --------------------------------------------------------------------------------------- */

static void refuse_long_line(struct json_lines *json)
{
    findings_add(json->findings, SEV_ERROR, "N011", (struct place){json->name, json->line, 1}, NULL,
                 tr("the line is longer than %d bytes", "该行超过 %d 字节"), FACT_LINE_BYTES_MAX);
}

static void read_line(struct json_lines *json, const char *text, size_t size)
{
    size_t from = json_skip_blanks(text, size, 0);
    if (size > FACT_LINE_BYTES_MAX)
        refuse_long_line(json);
    else if (from < size)
        read_event(json, text + from, size - from,
                   (struct place){json->name, json->line, (int)from + 1});
}

size_t json_lines_read(void *self, const char *text, size_t size, bool last)
{
    struct json_lines *json = self;
    size_t used = 0;
    while (used < size) {
        const char *from = text + used, *end = memchr(from, '\n', size - used);
        size_t length = end ? (size_t)(end - from) : size - used;
        if (!end && !last && length <= FACT_LINE_BYTES_MAX)
            return used;
        if (!json->skipping)
            read_line(json, from, length);
        json->skipping = !end && !last;
        json->line += end != NULL;
        used += length + (end != NULL);
    }
    return used;
}

/* Objects over many lines --------------------------------------------------------------------- */

static void refuse_structure(struct json_lines *json, const struct cursor *cursor,
                             const char *message)
{
    findings_add(json->findings, SEV_ERROR, "N012", place_of(cursor, json->name),
                 tr("events stand one a line, or in one array: [{…}, {…}]",
                    "每行一个事件，或放在一个数组中：[{…}, {…}]"),
                 "%s", message);
}

static void skip_blanks(struct cursor *cursor)
{
    move_to(cursor, json_skip_blanks(cursor->text, cursor->size, cursor->at));
}

/* One event at the cursor, which moves behind it. */
static void take_event(struct json_lines *json, struct cursor *cursor)
{
    size_t end = json_value_end(cursor->text, cursor->size, cursor->at);
    read_event(json, cursor->text + cursor->at, end - cursor->at, place_of(cursor, json->name));
    move_to(cursor, end);
}

static bool at_char(const struct cursor *cursor, char c)
{
    return cursor->at < cursor->size && cursor->text[cursor->at] == c;
}

/* The events of an array; the cursor stands behind its bracket.  False when it was told what is
 * wrong.
 */
static bool take_events(struct json_lines *json, struct cursor *cursor)
{
    skip_blanks(cursor);
    if (at_char(cursor, ']'))
        return true;
    while (cursor->at < cursor->size) {
        if (at_char(cursor, ',') || at_char(cursor, ']')) {
            refuse_structure(json, cursor, tr("an event is missing here", "此处缺少事件"));
            return false;
        }
        take_event(json, cursor);
        skip_blanks(cursor);
        if (!at_char(cursor, ','))
            return true;
        move_to(cursor, cursor->at + 1);
        skip_blanks(cursor);
    }
    return true;
}

static void read_array(struct json_lines *json, struct cursor *cursor)
{
    move_to(cursor, cursor->at + 1);
    if (!take_events(json, cursor))
        return;
    if (!at_char(cursor, ']')) {
        refuse_structure(json, cursor, tr("the array is not closed", "数组没有闭合"));
        return;
    }
    move_to(cursor, cursor->at + 1);
    skip_blanks(cursor);
    if (cursor->at < cursor->size)
        refuse_structure(json, cursor,
                         tr("something follows after the array", "数组之后还有多余内容"));
}

void json_text_read(struct json_lines *json, const char *text, size_t size)
{
    struct cursor cursor = {.text = text, .size = size, .line = json->line};
    skip_blanks(&cursor);
    if (at_char(&cursor, '[')) {
        read_array(json, &cursor);
        return;
    }
    while (cursor.at < cursor.size) {
        if (!at_char(&cursor, '{')) {
            refuse_structure(json, &cursor,
                             tr("an event must be a JSON object", "事件应为 JSON 对象"));
            return;
        }
        take_event(json, &cursor);
        skip_blanks(&cursor);
    }
}
