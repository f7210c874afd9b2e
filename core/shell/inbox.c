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

void inbox_put(struct inbox *inbox, struct delivery *delivery)
{
    delivery->next = NULL;
    delivery->tally = (struct tally){0};
    *inbox->last = delivery;
    inbox->last = &delivery->next;
    inbox->facts += delivery->count;
    if (inbox->filled)
        inbox->filled(inbox->arg);
}

struct delivery *inbox_take(struct inbox *inbox, size_t facts_max)
{
    struct delivery *taken = inbox->first, **end = &inbox->first;
    size_t facts = 0;
    while (*end && (facts == 0 || facts + (*end)->count <= facts_max)) {
        facts += (*end)->count;
        end = &(*end)->next;
    }
    if (!taken)
        return NULL;
    inbox->first = *end;
    if (!inbox->first)
        inbox->last = &inbox->first;
    *end = NULL;
    inbox->facts -= facts;
    return taken;
}
