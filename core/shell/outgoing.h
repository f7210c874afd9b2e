/* Outgoing: between the outbox and the dispatcher, inside a turn: what leaves now, and what came of
 * it.
 *
 * Every consignment ends delivered, cancelled, or dead; and a letter of which every way is dead is
 * named to a person.  So nothing ends in silence. */
#ifndef SHELL_OUTGOING_H
#define SHELL_OUTGOING_H

#include "shell/pace.h"
#include "shell/post.h"

struct outgoing;
struct outgoing *outgoing_new(const struct routing *routing);
void outgoing_free(struct outgoing *outgoing); /* NULL is fine */

/* At a start: what was being sent when we died is due again; what waits for a gateway that the
 * configuration no longer names is given up for the next way, or for a person. */
int outgoing_restart(struct outgoing *outgoing, struct post *post);
/* Writes down what became of attempts: delivered, tried again later, given up for the next way, or
 * for a person.  `steady` is a clock that is never set. */
int outgoing_settle(struct outgoing *outgoing, struct post *post, struct parcel *returned,
                    instant_ms steady);
/* Takes what is due and may leave now; to be sent after the commit. */
int outgoing_take(struct outgoing *outgoing, struct post *post, instant_ms steady,
                  struct parcel **ret_parcels);
/* The commit failed: they were not taken. */
void outgoing_untake(struct outgoing *outgoing, const struct parcel *parcels);
/* When to look again (wall clock), after outgoing_take; INSTANT_NONE: when something comes back.
 * `ret_crowded`: letters are due that something under way keeps back. */
int outgoing_due(struct outgoing *outgoing, struct post *post, instant_ms steady,
                 instant_ms *ret_due, bool *ret_crowded);
/* How long the gateway needs for so many letters more, behind those that wait; −1: it has no rate.
 */
int64_t outgoing_eta_ms(const struct gateway *gateway, int64_t waiting, int64_t more);

#endif
