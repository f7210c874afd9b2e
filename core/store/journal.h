/* The journal: facts in the order in which the engine learnt them, only ever added to.
 *
 * Each row carries the SHA-256 of the row before it, so a changed, missing or reordered row is
 * found when the journal is read, and named. */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "model/fact.h"
#include "store/store.h"

enum journal_answer {
    JOURNAL_NEW,      /* never heard of */
    JOURNAL_REPEAT,   /* recorded already with equal content, whenever it arrived: steps nothing */
    JOURNAL_CONFLICT, /* its identity is recorded with other content: to be recorded as a conflict
                       */
};
/* What the journal knows of a fact's identity.  Sees what the open transaction has appended. */
int journal_look(struct store *store, const struct fact *fact, enum journal_answer *ret_answer);

/* Appends; the fact must not be a repeat, and its arrival not before the last one's (both
 * ERR_INVALID). */
int journal_append(struct store_tx *tx, const struct fact *fact, int64_t *ret_seq);
int64_t journal_end(const struct store_tx *tx); /* seq of the last row, 0 when empty */

/* Calls `each` for the rows after `seq`, in order, until it returns non-zero, which is then the
 * answer.  The fact is borrowed for the call.  Verifies the chain on the way; ERR_STORE names the
 * row that does not fit. */
int journal_read(struct store *store, int64_t seq,
                 int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg);

#endif
