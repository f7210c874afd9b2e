/* A store in a folder of its own, for the tests of store and shell. */
#ifndef TESTS_STORE_STORE_BOX_H
#define TESTS_STORE_STORE_BOX_H

#include "base/err.h"
#include "model/fact.h"
#include "store/store.h"

struct store_box {
    char folder[64];
    char *path; /* of the store */
    struct store *store;
    struct findings findings;
    enum store_trouble trouble;
};
void box_make(struct store_box *box);
/* Opens as a writer; fails the test when that fails. */
void box_open(struct store_box *box);
void box_close(struct store_box *box);
/* As after kill -9: a copy of what is in the files now, WAL and all, takes the store's place and is
 * opened. */
void box_crash(struct store_box *box);
void box_remove(struct store_box *box);
/* Permissions of a file beside the store's path, or of any file with a NULL suffix; 0: none. */
unsigned box_mode(const char *path, const char *suffix);
/* Runs SQL on the file from outside, as nobody should, with page sums that fit all the same. */
void box_meddle(struct store_box *box, const char *sql);
/* The same, where the database must refuse; why it does (static). */
const char *box_refusal(struct store_box *box, const char *sql);

/* One transaction that must succeed. */
struct store_tx *box_begin(struct store_box *box);
void box_commit(struct store_tx *tx);

/* A small bundle with one script: two stations s1 and s2, the levels yellow, orange, red. */
struct bundle *box_bundle(const char *script, const char *source);

/* A reading of station s1 that arrives at `arrival`. */
struct fact box_reading(const char *id, instant_ms arrival, micro value);

#endif
