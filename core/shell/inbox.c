/* A bounded queue of deliveries; used by the loop's thread alone. */
#include "shell/inbox.h"
#include <stddef.h>

void inbox_init(struct inbox *inbox, size_t facts_max, void (*filled)(void *arg), void *arg)
{
    *inbox = (struct inbox){.facts_max = facts_max, .filled = filled, .arg = arg};
    inbox->last = &inbox->first;
}

bool inbox_has_room(const struct inbox *inbox)
{
    return inbox->facts < inbox->facts_max;
}

bool inbox_has_room_for_people(const struct inbox *inbox)
{
    return inbox->acts < inbox->facts_max;
}

static size_t *count_of(struct inbox *inbox, const struct delivery *delivery)
{
    return delivery->by_people ? &inbox->acts : &inbox->facts;
}

void inbox_put(struct inbox *inbox, struct delivery *delivery)
{
    delivery->next = NULL;
    delivery->tally = (struct tally){0};
    *inbox->last = delivery;
    inbox->last = &delivery->next;
    *count_of(inbox, delivery) += delivery->count;
    if (inbox->filled)
        inbox->filled(inbox->arg);
}

/* Those of one kind, or all, until the portion is full. */
static struct delivery *take(struct inbox *inbox, size_t facts_max, bool people_alone)
{
    struct delivery *taken = NULL, **end = &taken, **link = &inbox->first;
    size_t facts = 0;
    while (*link && (facts == 0 || facts + (*link)->count <= facts_max)) {
        struct delivery *delivery = *link;
        if (people_alone && !delivery->by_people) {
            link = &delivery->next;
            continue;
        }
        facts += delivery->count;
        *count_of(inbox, delivery) -= delivery->count;
        *link = delivery->next;
        if (inbox->last == &delivery->next)
            inbox->last = link;
        *end = delivery;
        end = &delivery->next;
    }
    *end = NULL;
    return taken;
}

struct delivery *inbox_take(struct inbox *inbox, size_t facts_max)
{
    return take(inbox, facts_max, false);
}

struct delivery *inbox_take_people(struct inbox *inbox, size_t facts_max)
{
    return take(inbox, facts_max, true);
}

void inbox_put_back(struct inbox *inbox, struct delivery *deliveries)
{
    struct delivery **end = &deliveries;
    for (; *end; end = &(*end)->next)
        *count_of(inbox, *end) += (*end)->count;
    if (!deliveries)
        return;
    *end = inbox->first;
    if (!inbox->first)
        inbox->last = end;
    inbox->first = deliveries;
}
