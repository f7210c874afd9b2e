/* Agenda: a binary heap by (instant, deadline last, order of adding). */
#include "shell/agenda.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdlib.h>

static bool before(const struct event *a, const struct event *b)
{
    bool a_last = a->kind == EVENT_DEADLINE, b_last = b->kind == EVENT_DEADLINE;
    if (a->at != b->at)
        return a->at < b->at;
    if (a_last != b_last)
        return b_last;
    return a->serial < b->serial;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

void agenda_add(struct agenda *agenda, struct event event)
{
    xgrow((void **)&agenda->heap, agenda->count, &agenda->capacity, sizeof event);
    event.serial = agenda->serial++;
    size_t at = agenda->count++;
    agenda->heap[at] = event;
    for (; at > 0 && before(&agenda->heap[at], &agenda->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&agenda->heap[at], &agenda->heap[(at - 1) / 2]);
}

instant_ms agenda_next(const struct agenda *agenda)
{
    return agenda->count ? agenda->heap[0].at : INSTANT_NONE;
}

struct event agenda_take(struct agenda *agenda)
{
    assert(agenda->count > 0);
    struct event first = agenda->heap[0];
    agenda->heap[0] = agenda->heap[--agenda->count];
    for (size_t at = 0, child; (child = 2 * at + 1) < agenda->count; at = child) {
        if (child + 1 < agenda->count && before(&agenda->heap[child + 1], &agenda->heap[child]))
            child++;
        if (!before(&agenda->heap[child], &agenda->heap[at]))
            break;
        swap(&agenda->heap[child], &agenda->heap[at]);
    }
    return first;
}

void agenda_release(struct agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct agenda){0};
}
