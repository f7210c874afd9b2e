/* The outbox: orders still to be delivered.
 *
 * An order is written once, in the transaction of the fact that caused it, in the bytes that every
 * attempt on every channel will send.  Its identity is the engine's, so making it again changes
 * nothing.  An attempt is written down before it begins (`sending`); after a crash those rows are
 * attempted again, under the same id and with the same bytes. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/store.h"

enum outbox_state {
    OUTBOX_SHADOW,
    OUTBOX_WAITING,
    OUTBOX_SENDING,
    OUTBOX_DELIVERED,
    OUTBOX_STATES
};
const char *outbox_state_name(enum outbox_state state); /* "shadow" … */

struct outbox_order {                  /* borrowed */
    const char *id, *kind, *recipient; /* recipient may be NULL */
    int64_t seq;                       /* with number: the decision that made it */
    int number;
    const void *bytes;
    size_t size;
    int attempts; /* filled by outbox_take: this one counts */
};
/* Records the order, leaving by `channel`; state is OUTBOX_SHADOW or OUTBOX_WAITING.  0: new; 1: it
 * exists with these bytes, nothing changes; ERR_CONFLICT: it exists with other bytes, which stand.
 */
int outbox_put(struct store_tx *tx, const struct outbox_order *order, const char *channel,
               enum outbox_state state);

/* Hands at most `max` due orders of the channel to `each`, oldest first, and marks them sending.
 * The caller may send them only after the commit.  Bytes that no longer match their hash are
 * ERR_STORE. */
int outbox_take(struct store_tx *tx, const char *channel, instant_ms now, int max,
                void (*each)(void *arg, const struct outbox_order *order), void *arg);
int outbox_delivered(struct store_tx *tx, const char *id, const char *channel);
int outbox_retry(struct store_tx *tx, const char *id, const char *channel, instant_ms not_before,
                 const char *trouble);
/* At a start: what was being sent when we died is due again. */
int outbox_restart(struct store_tx *tx);

/* When the next waiting order of the channel is due; INSTANT_NONE when none waits. */
int outbox_next(struct store *store, const char *channel, instant_ms *ret_due);
int outbox_count(struct store *store, int64_t ret_counts[OUTBOX_STATES]);
/* All orders in the order they were made, until `each` returns non-zero: then the answer. */
int outbox_read(struct store *store,
                int (*each)(void *arg, const struct outbox_order *order, enum outbox_state state),
                void *arg);

#endif
