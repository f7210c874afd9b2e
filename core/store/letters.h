/* Letters: what is sent to somebody, each made once, in the bytes that stay.
 *
 * A letter's id is derived from what it says to whom, so making it again changes nothing.  A closed
 * letter is one of which nothing more leaves: it was acknowledged, superseded, withdrawn … */
#ifndef STORE_LETTERS_H
#define STORE_LETTERS_H

#include "base/hash.h"
#include "store/store.h"

struct letter_row { /* borrowed */
    int64_t serial; /* filled by reading */
    const char *id, *kind;
    const char *about, *recipient, *rule, *episode, *level, *plan; /* each may be NULL */
    int64_t seq;     /* filled by letter_put: the last fact */
    int number;      /* the decision that made it; -1: none did */
    instant_ms at;   /* the engine's time */
    instant_ms made; /* filled: wall clock */
    const void *body;
    size_t size;
    const char *closed; /* filled; NULL: open */
};
/* 0: new; 1: it exists with these bytes, nothing changes; ERR_CONFLICT: it exists with other bytes,
 * which stand; ERR_STORE. */
int letter_put(struct store_tx *tx, const struct letter_row *row);
/* Ends it, unless it has ended otherwise than by being withdrawn now: no reminder, escalation or
 * fallback of it leaves any more, nor what of it still waits; what is under way is not called back.
 * `why` goes into `closed`. */
int letter_end(struct store_tx *tx, const char *id, const char *why);
/* It has been put right by another letter: nothing more of these bytes leaves, and the duty to
 * answer stays.  Its chase goes on, with its reminders and escalations. */
int letter_correct(struct store_tx *tx, const char *id);
/* Ends the earlier orders and releases of the same rule, episode and recipient: the newest letter
 * carries the full list.  Where nobody reads at an address (a folder, a feed) all of them go on:
 * such a place keeps the record. */
int letter_supersede(struct store_tx *tx, const struct letter_row *newest);

/* Calls `each` with the letter; 0 when it returned, ERR_NOT_FOUND, ERR_STORE (also when the body no
 * longer matches its hash). */
int letter_look(struct store *store, const char *id,
                void (*each)(void *arg, const struct letter_row *row), void *arg);
/* Which letters, in the order they were made; a NULL field asks nothing. */
struct letter_query {
    const char *about, *recipient, *episode, *plan, *kind;
    int64_t after; /* serials after this */
    int max;       /* 0: all */
};
/* Until `each` returns non-zero: then the answer.  `each` must not write. */
int letter_find(struct store *store, const struct letter_query *query,
                int (*each)(void *arg, const struct letter_row *row), void *arg);
/* The plan of which there are letters and whose hash begins so: 0, ERR_NOT_FOUND, ERR_CONFLICT
 * (several do), ERR_STORE. */
int letter_plan(struct store *store, const char *digits, char ret_hash[HASH_HEX]);

#endif
