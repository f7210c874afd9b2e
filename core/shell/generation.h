/* A generation: one policy at work, i.e. a bundle, its program, and an engine over them. */
#ifndef SHELL_GENERATION_H
#define SHELL_GENERATION_H

#include "engine/engine.h"

struct bundle;
struct findings;
struct store;

struct generation {
    struct bundle *bundle;
    struct program *program;
    struct engine *engine;
};
/* Compiles the bundle, which is taken over and freed also on failure; the engine starts empty. */
int generation_new(struct generation **ret_generation, struct bundle *bundle,
                   const struct engine_options *options, struct findings *findings);
/* The same for a policy that the store keeps.  `at_hand` may be NULL, or a bundle that is shared if
 * it is this policy, so that a city's list is not there twice; what the store keeps is held against
 * the hash in either case. */
int generation_at_hand(struct generation **ret_generation, struct store *store, const char *hash,
                       const struct bundle *at_hand, const struct engine_options *options,
                       struct findings *findings);
int generation_of_store(struct generation **ret_generation, struct store *store, const char *hash,
                        const struct engine_options *options, struct findings *findings);
/* Carries the state over: open episodes, timers, proposals.  What the new policy no longer knows is
 * dropped; says which in *ret_dropped (caller frees; NULL: nothing).  `from` may be NULL: nothing
 * is carried. */
int generation_inherit(struct generation *to, const struct generation *from, char **ret_dropped);
const char *generation_hash(const struct generation *generation);
void generation_free(struct generation *generation); /* NULL is fine */

#endif
