/* Replay: the engine under a feed of facts, with its own ticks.
 *
 * Before each fact every tick that is due at or before the fact's arrival is stepped; replay ends
 * at the last fact's arrival, hours still open staying open, or goes on with ticks to `until`.
 * Replay, diff, why, unit test and drill all run through here. */
#ifndef SHELL_REPLAY_H
#define SHELL_REPLAY_H

#include "engine/engine.h"
#include "model/feed.h"

struct replay_observer {
    /* Every decision, in order, with the fact that led to it (a tick has kind FACT_TICK).  Return
     * non-zero to stop the replay there. */
    int (*decided)(void *arg, const struct fact *cause, const struct decision *decision);
    /* After each fact was stepped; for progress, conditions and injects.  May be NULL. */
    int (*stepped)(void *arg, const struct fact *fact, size_t number);
    void *arg;
};
/* Steps the feed.  `until` may be INSTANT_NONE: to the end of the feed; else facts that arrive
 * after it are left out, and ticks go on to it.  0, the observer's non-zero answer, or a negative
 * err. */
int replay_run(struct engine *engine, const struct feed *feed, instant_ms until,
               const struct replay_observer *observer);
/* Steps the ticks due at or before `instant`, then returns.  What replay_run uses between facts. */
int replay_ticks(struct engine *engine, instant_ms instant, const struct replay_observer *observer);

#endif
