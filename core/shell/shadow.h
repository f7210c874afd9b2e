/* The shadow generation: another policy that is stepped with the same facts beside the live one,
 * to see what it would decide.  It approves by itself, makes its own ticks, and nothing it decides
 * ever becomes a letter.  Which policy it is stands in the settings, so it survives a restart. */
#ifndef SHELL_SHADOW_H
#define SHELL_SHADOW_H

#include "shell/events.h"
#include "shell/generation.h"

struct store;
struct store_tx;

struct shadow {
    struct store *store;           /* borrowed */
    struct engine_options options; /* the live ones; approvals are its own */
    struct generation *generation; /* NULL: there is none */
};
void shadow_init(struct shadow *shadow, struct store *store, const struct engine_options *options);
/* At a start and after a failed turn: its state as it was, or, when that is lost, the live one's.
 * `hash` NULL: there is no shadow.  A policy that does not compile is told and left out. */
int shadow_know(struct shadow *shadow, const char *hash, const struct generation *live,
                struct events *events);
/* Begins with the live state; `hash` is in the archive. */
int shadow_begin(struct shadow *shadow, struct store_tx *tx, const char *hash,
                 const struct generation *live, struct events *events);
int shadow_end(struct shadow *shadow, struct store_tx *tx);
/* A fact has been recorded: what would the shadow decide? */
int shadow_step(struct shadow *shadow, struct store_tx *tx, const struct fact *fact);
/* Its state into the store, beside the live one's snapshot. */
int shadow_keep(const struct shadow *shadow, struct store_tx *tx);
void shadow_release(struct shadow *shadow); /* forgets the generation */

#endif
