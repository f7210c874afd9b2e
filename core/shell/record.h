/* The record: one fact stepped, and everything it led to written beside it. */
#ifndef SHELL_RECORD_H
#define SHELL_RECORD_H

#include "shell/channel.h"
#include "shell/events.h"
#include "shell/generation.h"

struct store_tx;

struct recorder { /* all borrowed, for one transaction */
    struct store_tx *tx;
    const struct generation *generation; /* whose engine decides */
    enum effects effects;                /* none: orders are marked as shadow */
    const char *channel;                 /* the way orders leave by */
    struct events *events;
    int orders; /* counted up */
};
/* Steps the engine and writes: a failure for each rule that failed, the fact, its decisions, its
 * orders.  ERR_STORE when the store refuses; then the engine is ahead and no longer to be used. */
int record_fact(struct recorder *recorder, const struct fact *fact);
/* The same for a fact that we state ourselves at fact->arrival (a tick, a policy change): its
 * source is we, its id its place in the journal. */
int record_ours(struct recorder *recorder, struct fact *fact);

#endif
