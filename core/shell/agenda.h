/* Agenda: what is still to happen in a run, by time.
 *
 * Of one instant, what was put in first comes first, and deadlines come after everything else. */
#ifndef SHELL_AGENDA_H
#define SHELL_AGENDA_H

#include "model/fact.h"
#include <stddef.h>
#include <stdint.h>

enum event_kind { EVENT_INJECT, EVENT_FACT, EVENT_RECEIPT, EVENT_DEADLINE };
struct event {
    instant_ms at;
    enum event_kind kind;
    int number;                /* INJECT: inject; RECEIPT: record; DEADLINE: expectation */
    const struct fact *fact;   /* FACT; borrowed */
    enum receipt_kind receipt; /* RECEIPT */
    const char *text;          /* RECEIPT: reason of a refusal; or NULL */
    uint64_t serial;           /* set by agenda_add */
};
/* Zero-initialised is empty. */
struct agenda {
    struct event *heap;
    size_t count, capacity;
    uint64_t serial;
};
void agenda_add(struct agenda *agenda, struct event event);
instant_ms agenda_next(const struct agenda *agenda); /* or INSTANT_NONE */
struct event agenda_take(struct agenda *agenda);     /* there must be one */
void agenda_release(struct agenda *agenda);

#endif
