/* The chain's arithmetic: one line of links through the whole store, each the SHA-256 of the link
 * before and of one row.  Not for others.
 *
 * A fact is one link; the rows that stand beside it (decisions, orders) are the next, and the next
 * fact goes on from the last of those.  So a row that was changed, taken out, put in or moved no
 * longer fits its neighbours, in whatever column; what is cut off at the end is missed by the
 * anchors. */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "store/db.h"

struct hasher;

struct chain_fact { /* a row of the journal; borrowed */
    int64_t seq;
    instant_ms arrival, recorded;
    bool conflict;
    const char *kind, *body;
    size_t body_size;
};
/* What a statement must ask for that chain_fact_of is to read. */
#define CHAIN_FACT_COLUMNS "SELECT seq, kind, arrival, recorded, conflict, body, chain FROM journal"
enum { CHAIN_FACT_LINK = 6 }; /* the column of its own link */
/* False: a row that never was ours, with no kind or body to hash. */
bool chain_fact_of(sqlite3_stmt *statement, struct chain_fact *ret);
/* Moves `chain` from the link before to the link of this row. */
void chain_fact(struct hasher *hasher, unsigned char chain[HASH_BYTES],
                const struct chain_fact *row);
/* The same for a row beside the facts: the columns of a statement that stands on it. */
void chain_row(struct hasher *hasher, unsigned char chain[HASH_BYTES], const char *part,
               const char *row, sqlite3_stmt *statement);

#endif
