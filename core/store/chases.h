/* Chases: letters whose acknowledgement is waited for, and when the next step of the ladder is due.
 * letter_end (letters.h) ends them.
 *
 * One at the end of its ladder is still waited for: its row is due at CHASE_NEVER, so that the rows
 * with a `due`, and their index, are exactly those that await an answer, and to count them no
 * letter is looked at. */
#ifndef STORE_CHASES_H
#define STORE_CHASES_H

#include "store/store.h"

#define CHASE_NEVER "9000000000000000" /* ms, in SQL */

struct chase_row { /* borrowed */
    const char *letter;
    instant_ms deadline; /* wall clock; the ladder counts from here */
    instant_ms due;      /* INSTANT_NONE: nothing more is to come */
    const char *fired;   /* how many letters each rung has had, "2 1 0" */
};
int chase_put(struct store_tx *tx, const struct chase_row *row);
/* What has fired so far, and when the next is due. */
int chase_set(struct store_tx *tx, const struct chase_row *row);
/* The one that is due longest at `now`: 1, and `each` was called; 0: none is; ERR_STORE. */
int chase_first_due(struct store *store, instant_ms now,
                    void (*each)(void *arg, const struct chase_row *row), void *arg);
/* When the next is due; INSTANT_NONE: none. */
int chase_next(struct store *store, instant_ms *ret_due);
/* How many letters await an answer, and how many of them are past their deadline at `now`; one
 * whose ladder is at its end stays among both. */
int chase_count(struct store *store, instant_ms now, int64_t *ret_chased, int64_t *ret_overdue);
/* At a start: older versions left a letter that was at the end of its ladder without a `due`. */
int chase_restart(struct store_tx *tx);
/* The wall clock was moved by `by`, and all deadlines with it; also one that is just due, because
 * the rungs after it count from it. */
int chase_shift(struct store_tx *tx, span_ms by);
/* One letter's: 1 and `each` was called, 0: it is not chased; ERR_STORE. */
int chase_look(struct store *store, const char *letter,
               void (*each)(void *arg, const struct chase_row *row), void *arg);

#endif
