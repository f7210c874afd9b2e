/* Receipts: what became of a letter at the other end.  The first news of each kind is kept; the
 * letter's state is the highest of them and so never goes back. */
#ifndef STORE_RECEIPTS_H
#define STORE_RECEIPTS_H

#include "model/fact.h"
#include "store/store.h"

struct receipt_row { /* borrowed */
    const char *letter;
    enum receipt_kind kind;
    instant_ms at;                     /* the engine's time */
    int64_t seq;                       /* filled: the fact */
    const char *channel, *by, *reason; /* each may be NULL */
};
/* 0: new; 1: news of this kind is there already, nothing changes; ERR_STORE. */
int receipt_put(struct store_tx *tx, const struct receipt_row *row);
/* In the order of the kinds, until `each` returns non-zero: then the answer. */
int receipts_of(struct store *store, const char *letter,
                int (*each)(void *arg, const struct receipt_row *row), void *arg);
/* The highest kind, or -1. */
int receipt_state(struct store *store, const char *letter, int *ret_kind);

#endif
