/* Phases: what binds a recipient in the end, and what binds it until then.
 *
 * A warning is often announced a day ahead.  Whatever else binds already goes on meanwhile, and an
 * order must not stop a line today for a warning that begins tomorrow. */
#ifndef ENGINE_PHASES_H
#define ENGINE_PHASES_H

#include "engine/causes.h"

struct phases {
    struct obligations all; /* in the end */
    struct obligations now; /* of those that have begun; only where `from` is not 0 */
    struct obligations
        shown; /* for the words: each with its since and until, where they are not the order's */
    instant_ms from; /* when the last of `all` begins to bind; 0: all have begun */
};
/* Fills `all`, `now` and `from` as of the instant `at`. */
void phases_collect(struct phases *phases, struct causes *causes, size_t recipient, instant_ms at);
/* Fills `shown` for an order that takes effect at `effective`. */
void phases_show(struct phases *phases, struct causes *causes, size_t recipient,
                 instant_ms effective);
void phases_release(struct phases *phases);

#endif
