/* The ledger: what the engine decided, decision by decision, beside the fact it followed from. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/store.h"

/* One decision.  The store sits beside the engine and knows nothing of it, so these are plain
 * words.  Borrowed. */
struct ledger_row {
    int64_t seq; /* of the fact it followed from */
    int number;  /* its place among the decisions of that fact, from 0 */
    instant_ms at;
    const char *kind, *rule, *episode, *level, *order; /* all but kind may be NULL */
    const char *line;                                  /* as `yujing replay -o jsonl` prints it */
    const char *text;                                  /* or NULL */
};
int ledger_put(struct store_tx *tx, const struct ledger_row *row);
/* Calls `each` for the decisions of facts after `seq`, in order, until it returns non-zero: then
 * the answer. */
int ledger_read(struct store *store, int64_t seq,
                int (*each)(void *arg, const struct ledger_row *row), void *arg);
/* The same for one fact. */
int ledger_of(struct store *store, int64_t seq,
              int (*each)(void *arg, const struct ledger_row *row), void *arg);

#endif
