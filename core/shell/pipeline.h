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

#include "base/str.h"
#include "shell/channel.h"
#include "shell/events.h"
#include "shell/generation.h"
#include "shell/inbox.h"
#include "shell/post.h"
#include "shell/settings.h"

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
    const char *with_json;         /* the overrides the bundle was loaded with, or NULL */
    const struct routing *routing; /* borrowed */
    const struct ack_links *ack;   /* borrowed; NULL: there are no receipt pages */
    int64_t snapshot_facts;        /* journal rows from one snapshot to the next */
};

/* What a question and a gate may look at.  Borrowed for the call; not to be written. */
struct view {
    const struct generation *live;   /* NULL when the journal is empty, or the disk fails */
    const struct generation *shadow; /* NULL: none */
    struct store *store;
    instant_ms now;
    bool paused; /* dispatch */
    const struct routing *routing;
    const struct settings *settings;
};
/* Asked from the loop, answered on the worker's thread after this turn's commit; so the answer
 * knows everything that was answered before it. */
struct question {
    void (*answer)(void *arg, const struct view *view); /* worker's thread */
    void (*answered)(void *arg,
                     bool asked); /* loop; false: it was not: we stop, or the turn failed */
    void *arg;
    struct question *next;
};

struct turn {
    /* Asked.  Deliveries and parcels stay the caller's; after a failed turn they are asked again.
     */
    struct delivery *deliveries;
    struct parcel *returned;    /* what became of attempts */
    struct question *questions; /* answered when the turn succeeds */
    struct events alarms;       /* that arose beside the turns: told and paged by this one */
    bool last;                  /* take a snapshot and send nothing: we are about to stop */
    bool look;                  /* only answer the questions: there is no room to write */
    /* Answered, to be released with turn_release; all zero before the turn. */
    struct parcel *parcels;   /* to be sent now */
    struct events events;     /* for the log */
    struct findings findings; /* a policy that does not compile */
    instant_ms tick_due;      /* the engine's next tick; INSTANT_NONE: none, or time is by facts */
    instant_ms attempt_due;   /* the next letter that may leave, or is to be made; INSTANT_NONE */
    bool more;                /* ticks are still due: turn again at once */
    bool crowded;             /* letters are due that wait for what is under way */
    struct intern ended; /* letters that were answered or withdrawn: what of them has been handed
                            out and not begun is to be recalled */
};
void turn_release(struct turn *turn);

struct pipeline;
/* `store` and `bundle`, the policy that shall be in force, are borrowed. */
struct pipeline *pipeline_new(struct store *store, const struct bundle *bundle,
                              const struct pipeline_options *options);
/* 0: it is durable.  Otherwise nothing happened: ERR_STORE (see store_trouble), or findings. */
int pipeline_turn(struct pipeline *pipeline, struct turn *turn);
/* The wall clock was set since the last turn: give one soon. */
bool pipeline_clock_is_off(const struct pipeline *pipeline);
/* True when the folder's policy is in force or refused: from then on nobody looks at its texts.
 * Between turns. */
bool pipeline_has_considered(const struct pipeline *pipeline);
/* The policy in force: valid after the first turn, between turns; NULL before. */
const struct generation *pipeline_generation(const struct pipeline *pipeline);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine */

#endif
