/* The inbox: facts that have come in and are not remembered yet.
 *
 * Sources put deliveries in, the pipeline takes them out in the order in which they came, and each
 * is answered once, after the commit that made its facts durable.  It is bounded: when it is full,
 * sources stop reading and are called again when there is room, so the pressure goes back to
 * whoever sends. */
#ifndef SHELL_INBOX_H
#define SHELL_INBOX_H

#include "model/fact.h"

struct bundle;
struct view; /* pipeline.h */

/* What became of a delivery's facts. */
struct tally {
    size_t taken, repeats, conflicts;
    size_t refused; /* by the gate */
};
/* Facts that are answered together.  The source owns it and the facts; both are borrowed until
 * `answered`. */
struct delivery {
    const struct fact *const *facts;
    size_t count;
    /* From the loop.  The tally is the delivery's own; NULL: we are stopping and the facts were not
     * taken. */
    void (*answered)(void *arg, const struct tally *tally);
    /* May be NULL.  On the worker's thread, inside the turn, before a fact that is no repeat is
     * journaled: 0 takes it, anything else refuses it; why is for the gate to keep in its `arg`.
     * After a failed turn it is asked again. */
    int (*gate)(void *arg, const struct view *view, const struct fact *fact);
    void *arg;
    const char *from; /* static: the source, to be counted by; NULL: it counts for itself */
    /* For an act `reload`: the policy, loaded afresh and checked; borrowed until `answered`.  NULL:
     * none. */
    const struct bundle *bundle;
    /* An act or an answer of a person: few, small, and about what has been promised already.  They
     * are taken also where there is no room for anything new, in the inbox and on the disk. */
    bool by_people;
    /* A setting that is written in the same commit, also without a fact (settings.h); borrowed
     * until `answered`.  NULL: none. */
    const char *setting, *value;
    struct tally tally;    /* filled by the pipeline */
    struct delivery *next; /* the inbox's own */
};

struct inbox {
    struct delivery *first, **last;
    size_t facts, acts, facts_max; /* acts: facts by people; each kind has the bound of its own */
    void (*filled)(void *arg);     /* called when a delivery was put in */
    void *arg;
};
void inbox_init(struct inbox *inbox, size_t facts_max, void (*filled)(void *arg), void *arg);
bool inbox_has_room(const struct inbox *inbox);
bool inbox_has_room_for_people(const struct inbox *inbox);
/* Takes the delivery even when it is the one that goes over the bound; so ask for room first. */
void inbox_put(struct inbox *inbox, struct delivery *delivery);
/* The oldest deliveries, as a list: as many as have at most `facts_max` facts together, but at
 * least one.  NULL when there is none. */
struct delivery *inbox_take(struct inbox *inbox, size_t facts_max);
/* The same of those by people alone; the others keep their places. */
struct delivery *inbox_take_people(struct inbox *inbox, size_t facts_max);

/* Puts back, before all others, what was taken and has not been begun with. */
void inbox_put_back(struct inbox *inbox, struct delivery *deliveries);

#endif
