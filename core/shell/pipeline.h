/* The pipeline: remember, decide, promise, commit.
 *
 * One turn is one transaction.  It takes in what has arrived, steps the engine fact by fact (with
 * the ticks that come due in between), writes facts, decisions and orders together, and only when
 * that is on the disk are sources answered and orders sent.  The engine advances before the commit,
 * so a failed commit leaves it ahead of the journal: then it is dropped, and the next turn builds
 * it anew from snapshot and tail.  That is also how every start works, so the path is never cold.
 *
 * A turn runs on the worker's thread, never inside a callback of the loop; between turns nobody
 * touches the store or the engine. */
#ifndef SHELL_PIPELINE_H
#define SHELL_PIPELINE_H

#include "shell/channel.h"
#include "shell/events.h"
#include "shell/generation.h"
#include "shell/inbox.h"
#include "shell/log.h"
#include "shell/recover.h"

enum timing {
    TIME_BY_CLOCK, /* a fact arrives when the clock says so */
    TIME_BY_FACTS, /* as in a replay: when the fact itself says it was learnt; time stands still in
                      between */
};
struct pipeline_options {
    enum effects effects;
    enum approvals approvals;
    enum timing timing;
    bool drill;
    struct clock clock;
    const char *with_json;  /* the overrides the bundle was loaded with, or NULL */
    const char *channel;    /* the way orders leave by, as named in the outbox */
    int64_t snapshot_facts; /* journal rows from one snapshot to the next */
};

struct turn {
    /* Asked.  Deliveries and parcels stay the caller's; after a failed turn they are asked again.
     */
    struct delivery *deliveries;
    struct parcel *returned; /* what became of attempts */
    int room;                /* orders that may be sent after this turn */
    bool last;               /* take a snapshot: we are about to stop */
    /* Answered, to be released with turn_release; all zero before the turn. */
    struct parcel *parcels;   /* to be sent now */
    struct events events;     /* for the log */
    struct findings findings; /* a policy that does not compile */
    instant_ms tick_due;      /* the engine's next tick; INSTANT_NONE: none, or time is by facts */
    instant_ms attempt_due;   /* the next order that waits for another attempt */
    bool more;                /* ticks are still due: turn again at once */
};
void turn_release(struct turn *turn);

struct pipeline;
/* `store` and `bundle`, the policy that shall be in force, are borrowed. */
struct pipeline *pipeline_new(struct store *store, const struct bundle *bundle,
                              const struct pipeline_options *options);
/* 0: it is durable.  Otherwise nothing happened: ERR_STORE (see store_trouble), or findings. */
int pipeline_turn(struct pipeline *pipeline, struct turn *turn);
/* The policy in force: valid after the first turn, between turns; NULL before. */
const struct generation *pipeline_generation(const struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine */

#endif
