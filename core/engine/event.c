/* Events: incidents that open instances of their own, and receipts that speak of an instance's
 * tasks. */
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/watch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MIN = 64 };

/* ---- events ---- */

static bool event_attribute(const struct selector_attribute *attribute,
                            const struct incident *event)
{
    if (str_equal(attribute->key, "kind"))
        return attribute->count > 0 && str_equal(attribute->values[0], event->kind);
    if (str_equal(attribute->key, "confidence"))
        return event->confidence != MICRO_NONE && event->confidence >= attribute->bound;
    return false;
}

static bool event_selected(const struct selector *selector, const struct incident *event)
{
    if (selector->kind != SUBJECT_EVENT)
        return false;
    for (int i = 0; i < selector->count; i++)
        if (!event_attribute(&selector->attributes[i], event))
            return false;
    return true;
}

/* ---- by place ---- */

/* Open events are found by the square they are in: rows of latitude as high as the rule's merge
 * distance, and in each row columns at least as wide everywhere in it.  So what is near enough is
 * in the same square or in one beside it, and a busy day costs no more than a quiet one.  The table
 * is no part of the state: it takes in what is new when it is asked. */
struct square {
    int64_t metres, row, column;
};

static double row_height(const struct rule *rule)
{
    double metres = (double)rule->per.merge_metres / MICRO;
    return (metres > 1 ? metres : 1) * 1.01 / METRES_A_DEGREE;
}

static struct square square_at(const struct rule *rule, int64_t row, double lon)
{
    double height = row_height(rule), south = (double)row * height;
    double one = cosine(south), other = cosine(south + height), narrow = one < other ? one : other;
    double width = narrow > 0.01 ? height / narrow : 360; /* about the poles all is one column */
    return (struct square){rule->per.merge_metres, row, (int64_t)floor(lon / width)};
}

static struct watcher **cell_of(struct engine *engine, const struct square *square)
{
    char bytes[sizeof *square];
    memcpy(bytes, square, sizeof bytes);
    return &engine->cells[str_hash(bytes, sizeof bytes) & (engine->cell_count - 1)];
}

static void put_into_cell(struct engine *engine, struct watcher *watcher)
{
    int64_t row = (int64_t)floor(watcher->lat / row_height(watcher->rule));
    struct square square = square_at(watcher->rule, row, watcher->lon);
    struct watcher **link = cell_of(engine, &square);
    watcher->near = *link;
    *link = watcher;
    engine->cell_watchers++;
}

static void grow_cells(struct engine *engine)
{
    free(engine->cells);
    engine->cell_count = engine->cell_count > 0 ? 2 * engine->cell_count : CELLS_MIN;
    engine->cells = xcalloc(engine->cell_count, sizeof(struct watcher *));
    engine->cell_watchers = engine->cell_seen = 0;
}

static void take_in_new(struct engine *engine)
{
    if (!engine->cells)
        grow_cells(engine);
    while (engine->cell_seen < engine->watcher_count) {
        struct watcher *watcher = engine->watchers[engine->cell_seen++];
        if (!watcher->open || !watcher->placed)
            continue;
        if (engine->cell_watchers == engine->cell_count)
            grow_cells(engine); /* and from the first one again */
        else
            put_into_cell(engine, watcher);
    }
}

/* The first one of the square, in the order of their beginning, when it is before `found`. */
static struct watcher *look_into(struct engine *engine, const struct square *square,
                                 const struct rule *rule, const struct fact *fact,
                                 struct watcher *found)
{
    for (struct watcher **link = cell_of(engine, square), *watcher; (watcher = *link);) {
        if (!watcher->open) { /* an event does not open again */
            *link = watcher->near;
            engine->cell_watchers--;
            continue;
        }
        link = &watcher->near;
        if (watcher->rule == rule && (!found || watcher->number < found->number) &&
            fact->time - watcher->last <= rule->per.merge_span &&
            within_metres(watcher->lon, watcher->lat, fact->incident.lon, fact->incident.lat,
                          rule->per.merge_metres))
            found = watcher;
    }
    return found;
}

/* The same fire seen again: near enough, soon enough, and not yet cleared. */
static struct watcher *same_event(struct engine *engine, const struct rule *rule,
                                  const struct fact *fact)
{
    struct watcher *found = NULL;
    if (!fact->incident.placed)
        return NULL;
    take_in_new(engine);
    int64_t row = (int64_t)floor(fact->incident.lat / row_height(rule));
    for (int64_t at = row - 1; at <= row + 1; at++) {
        struct square square = square_at(rule, at, fact->incident.lon);
        for (int beside = -1; beside <= 1; beside++) {
            struct square near = {square.metres, square.row, square.column + beside};
            found = look_into(engine, &near, rule, fact, found);
        }
    }
    return found;
}

/* ---- seen ---- */

static void open_event(struct engine *engine, const struct rule *rule, const struct fact *fact)
{
    int subject = engine_subject(engine, fact->subject ? fact->subject : fact->id);
    struct watcher *watcher = watcher_new(engine, rule, subject);
    watcher->event = true;
    watcher->placed = fact->incident.placed;
    watcher->lon = fact->incident.lon;
    watcher->lat = fact->incident.lat;
    watcher->last = fact->time;
    watcher_open(engine, watcher, 0, NULL);
}

void watch_incident(struct engine *engine, const struct fact *fact)
{
    for (size_t i = 0; i < engine->rule_count; i++) {
        const struct rule *rule = &engine->rules[i];
        if (rule->kind != RULE_WATCH || !event_selected(&rule->per, &fact->incident) ||
            engine_obeys_failure(engine, rule))
            continue;
        struct watcher *seen = same_event(engine, rule, fact);
        if (seen)
            seen->last = fact->time > seen->last ? fact->time : seen->last;
        else
            open_event(engine, rule, fact);
    }
}

/* ---- receipts ---- */

static bool has_task(struct engine *engine, const struct watcher *watcher, const char *subject)
{
    if (str_equal(subject, watcher_id(engine, watcher)))
        return true;
    for (int i = 0; i < watcher->rule->step_count; i++)
        if (watcher->fired & 1u << i && str_equal(subject, watcher_task_id(engine, watcher, i)))
            return true;
    return false;
}

void watch_receipt(struct engine *engine, const struct fact *fact)
{
    const char *failure = NULL;
    for (size_t i = 0; i < engine->watcher_count; i++) {
        struct watcher *watcher = engine->watchers[i];
        if (!watcher->open || !has_task(engine, watcher, fact->subject))
            continue;
        if (fact->receipt.kind == RECEIPT_ACKNOWLEDGED)
            watcher->acknowledged = true;
        if (fact->receipt.kind == RECEIPT_DONE)
            watcher->done = true;
        if (watcher->rule->lift_when &&
            watcher_asks(engine, watcher, watcher->rule->lift_when, true, &failure))
            watcher_clear(engine, watcher, watcher->rule->lift_when);
        if (failure)
            emit_failure(engine, watcher->rule, failure);
        return;
    }
}
