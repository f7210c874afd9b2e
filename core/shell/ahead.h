/* What the worker goes on with by itself.
 *
 * When a turn ends, the loop is mostly busy with what comes in, and the worker would stand idle
 * until the loop has come round to it: with a hundred senders longer than the commit itself takes.
 * So the loop puts deliveries ahead while a turn is under way, and the worker makes them its next
 * turn; the one that ended waits here for the loop.  One waits at most: then the worker does too.
 *
 * Only facts are put ahead.  Whatever else asks for a turn holds the worker, so that the loop gives
 * it the next one. */
#ifndef SHELL_AHEAD_H
#define SHELL_AHEAD_H

#include "shell/pipeline.h"

struct ahead;
struct ahead *ahead_new(void);

/* From the loop, while a turn is under way. */
size_t ahead_facts(struct ahead *ahead);
void ahead_put(struct ahead *ahead, struct delivery *deliveries); /* a list, behind the others */
void ahead_hold(struct ahead *ahead);
/* The turn that ended and after which the worker has gone on; false: there is none. */
bool ahead_ended(struct ahead *ahead, struct turn *ret_turn);
/* Takes back what the worker has not gone on with, and lets it go on again from the next turn. */
struct delivery *ahead_take(struct ahead *ahead);

/* From the worker, after a turn that succeeded: exchanges it for the next one, when that has at
 * least so many facts; false: there is none to go on with. */
bool ahead_go_on(struct ahead *ahead, struct turn *turn, size_t facts_min);

void ahead_free(struct ahead *ahead); /* empty; NULL is fine */

#endif
