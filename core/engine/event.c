/* Events: incidents that open instances of their own, and receipts that speak of an instance's
 * tasks. */
#include "engine/watch.h"

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

/* The same fire seen again: near enough, soon enough, and not yet cleared. */
static struct watcher *same_event(struct engine *engine, const struct rule *rule,
                                  const struct fact *fact)
{
    for (size_t i = 0; i < engine->watcher_count; i++) {
        struct watcher *watcher = engine->watchers[i];
        if (watcher->rule != rule || !watcher->open || !watcher->placed || !fact->incident.placed)
            continue;
        if (fact->time - watcher->last <= rule->per.merge_span &&
            within_metres(watcher->lon, watcher->lat, fact->incident.lon, fact->incident.lat,
                          rule->per.merge_metres))
            return watcher;
    }
    return NULL;
}

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
