/* See phases.h. */
#include "engine/phases.h"

#include "base/str.h"
#include "base/xalloc.h"

/* Both are settled, so equal sets stand in the same order. */
static bool same_sets(const struct obligations *a, const struct obligations *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = obligation_equal(&a->items[i], &b->items[i]) &&
               a->items[i].measure == b->items[i].measure &&
               str_equal(a->items[i].basis, b->items[i].basis);
    return same;
}

/* A cause that begins later and asks nothing more changes nothing: `from` is when the last of what
 * binds begins. */
void phases_collect(struct phases *phases, struct causes *causes, size_t recipient, instant_ms at)
{
    instant_ms latest = causes_collect(causes, &causes->now, recipient, INT64_MAX, &phases->all);
    instant_ms earlier;

    while (latest != INSTANT_NONE && latest > at) {
        earlier = causes_collect(causes, &causes->now, recipient, latest - 1, &phases->now);
        if (!same_sets(&phases->now, &phases->all))
            break;
        latest = earlier;
    }
    phases->from = 0;
    obligations_clear(&phases->now);
    if (latest == INSTANT_NONE || latest <= at)
        return;
    phases->from = latest;
    causes_collect(causes, &causes->now, recipient, at, &phases->now);
}

static bool has(const struct obligations *set, const struct obligation *obligation)
{
    for (size_t i = 0; i < set->count; i++)
        if (obligation_equal(&set->items[i], obligation))
            return true;
    return false;
}

/* When something that binds in the end takes the place of a thing that binds until then. */
static instant_ms end_of(const struct phases *phases, struct causes *causes, size_t recipient,
                         const struct obligation *obligation)
{
    instant_ms end = INSTANT_NONE;

    for (size_t i = 0; i < phases->all.count; i++) {
        instant_ms start;

        if (!obligation_covers(&phases->all.items[i], obligation))
            continue;
        start = causes_start(causes, recipient, &phases->all.items[i]);
        if (end == INSTANT_NONE || start < end)
            end = start;
    }
    return end == INSTANT_NONE ? 0 : end;
}

static void show(struct obligations *shown, const struct obligation *obligation)
{
    xgrow((void **)&shown->items, shown->count, &shown->capacity, sizeof(*shown->items));
    shown->items[shown->count++] = *obligation;
}

void phases_show(struct phases *phases, struct causes *causes, size_t recipient,
                 instant_ms effective)
{
    obligations_clear(&phases->shown);
    for (size_t i = 0; i < phases->now.count; i++) {
        struct obligation item = phases->now.items[i];

        if (has(&phases->all, &item))
            continue;
        item.until = end_of(phases, causes, recipient, &item);
        if (item.until > effective)
            show(&phases->shown, &item);
    }
    for (size_t i = 0; i < phases->all.count; i++) {
        struct obligation item = phases->all.items[i];

        if (phases->from != 0)
            item.since = causes_start(causes, recipient, &item);
        if (item.since <= effective)
            item.since = 0;
        show(&phases->shown, &item);
    }
}

void phases_release(struct phases *phases)
{
    obligations_release(&phases->all);
    obligations_release(&phases->now);
    obligations_release(&phases->shown);
}
