/* Anchors: the head of the chain, written down once a day, at every stop, and after so many facts
 * that a start, which verifies from the newest on, is never long.
 *
 * Each is also one line for a file that is kept elsewhere (mailed, printed, on another host): who
 * cuts the end of the journal off and writes a new one with a chain that fits is found by that file
 * and by nothing else. */
#ifndef STORE_ANCHOR_H
#define STORE_ANCHOR_H

#include "store/store.h"

struct buf;
struct findings;

struct anchor {
    char day[12];                    /* local, 2026-11-24 */
    int64_t seq;                     /* the last fact then */
    int64_t rows;                    /* facts ever recorded, retired ones too */
    unsigned char chain[HASH_BYTES]; /* the last link then */
    instant_ms written;              /* wall clock */
};

enum { ANCHOR_FACTS = 100000 }; /* from one to the next at most: a tenth of a second to verify */

/* An anchor with this transaction, whatever the day: at a stop.  A day's first commit writes one by
 * itself, and so does one that is ANCHOR_FACTS after the newest. */
void anchor_ask(struct store_tx *tx);
/* The one the last commit wrote, or NULL; borrowed until the next commit. */
const struct anchor *anchor_written(const struct store *store);

/* One line without its end: {"day":…,"seq":…,"rows":…,"chain":…,"written":…}. */
void anchor_print(struct buf *buf, const struct anchor *anchor);
/* ERR_SYNTAX when the line is none. */
int anchor_parse(const char *line, size_t size, struct anchor *ret_anchor);

/* Calls `each` for the anchors in order until it returns non-zero: then the answer. */
int anchor_read(struct store *store, int (*each)(void *arg, const struct anchor *anchor),
                void *arg);
/* The newest whose fact is not after `seq`; 1: found, 0: there is none, ERR_STORE. */
int anchor_before(struct store *store, int64_t seq, struct anchor *ret_anchor);
/* Whether the store has that link after that fact: 1 yes, or the fact has been retired, 0 no,
 * ERR_STORE.  The links themselves are the audit's to verify. */
int anchor_known(struct store *store, const struct anchor *anchor);

#endif
