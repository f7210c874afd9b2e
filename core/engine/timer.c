/* Timers of tracks, watchers and evidence: a binary heap that is mended lazily.
 *
 * An owner has at most one live entry, at the instant in its `armed`.  A later deadline is not
 * moved in the heap; when the entry comes to the top it is found early and armed again.  So a value
 * costs no heap work, and the top is always a true due time once timer_due has looked at it. */
#include "base/xalloc.h"
#include "engine/evidence.h"
#include "engine/inner.h"

enum { KIND_SHIFT = 30, NUMBER_MASK = (1u << KIND_SHIFT) - 1 };

static bool before(const struct timer *a, const struct timer *b)
{
    return a->at != b->at ? a->at < b->at : a->kind_number < b->kind_number;
}

static void swap(struct timer *a, struct timer *b)
{
    struct timer kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct engine *engine, struct timer timer)
{
    xgrow((void **)&engine->heap, engine->heap_count, &engine->heap_capacity, sizeof *engine->heap);
    size_t at = engine->heap_count++;
    engine->heap[at] = timer;
    while (at > 0 && before(&engine->heap[at], &engine->heap[(at - 1) / 2])) {
        swap(&engine->heap[at], &engine->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct engine *engine)
{
    for (size_t at = 0;;) {
        size_t least = at, left = 2 * at + 1, right = left + 1;
        if (left < engine->heap_count && before(&engine->heap[left], &engine->heap[least]))
            least = left;
        if (right < engine->heap_count && before(&engine->heap[right], &engine->heap[least]))
            least = right;
        if (least == at)
            return;
        swap(&engine->heap[at], &engine->heap[least]);
        at = least;
    }
}

static void pop(struct engine *engine)
{
    engine->heap[0] = engine->heap[--engine->heap_count];
    sift_down(engine);
}

void timer_set(struct engine *engine, enum timer_kind kind, uint32_t number, instant_ms at,
               instant_ms *armed)
{
    if (at == INSTANT_NONE || (*armed != INSTANT_NONE && *armed <= at))
        return;
    *armed = at;
    push(engine, (struct timer){at, (uint32_t)kind << KIND_SHIFT | number});
}

static enum timer_kind kind_of(const struct timer *timer)
{
    return (enum timer_kind)(timer->kind_number >> KIND_SHIFT);
}

static instant_ms *armed_of(struct engine *engine, const struct timer *timer, instant_ms *ret_due)
{
    uint32_t number = timer->kind_number & NUMBER_MASK;
    switch (kind_of(timer)) {
    case TIMER_TRACK:
        *ret_due = watch_track_deadline(engine, engine->tracks[number]);
        return &engine->tracks[number]->armed;
    case TIMER_WATCHER:
        *ret_due = watcher_deadline(engine, engine->watchers[number]);
        return &engine->watchers[number]->armed;
    case TIMER_EVIDENCE:
        break;
    }
    return evidence_armed(engine, number, ret_due);
}

instant_ms timer_due(struct engine *engine, instant_ms horizon)
{
    while (engine->heap_count > 0 && engine->heap[0].at <= horizon) {
        struct timer top = engine->heap[0];
        instant_ms due, *armed = armed_of(engine, &top, &due);
        if (*armed == top.at && due == top.at)
            return top.at;
        pop(engine);
        if (*armed != top.at)
            continue; /* an earlier entry took its place */
        *armed = INSTANT_NONE;
        timer_set(engine, kind_of(&top), top.kind_number & NUMBER_MASK, due, armed);
    }
    return INSTANT_NONE;
}

void timer_tick(struct engine *engine)
{
    while (timer_due(engine, engine->now) != INSTANT_NONE) {
        struct timer top = engine->heap[0];
        uint32_t number = top.kind_number & NUMBER_MASK;
        instant_ms unused;
        *armed_of(engine, &top, &unused) = INSTANT_NONE;
        pop(engine);
        switch (kind_of(&top)) {
        case TIMER_TRACK:
            watch_unknown(engine, engine->tracks[number]);
            break;
        case TIMER_WATCHER:
            watch_timer(engine, engine->watchers[number]);
            break;
        case TIMER_EVIDENCE:
            evidence_timer(engine, number);
            break;
        }
    }
}
