/* Retirement: what the law no longer wants at hand leaves the store for an archive file.
 *
 * Nothing goes before the file is on the disk and read back, nothing that a start, an open letter
 * or an anchor still needs, and the chain goes on from the last link that went. */
#ifndef STORE_RETIRE_H
#define STORE_RETIRE_H

#include "store/store.h"

struct findings;

struct retirement {
    int64_t first, last;              /* the facts that go; last < first: there are none to go */
    int64_t facts, rows;              /* in the file: facts, and rows beside them */
    unsigned char chain[HASH_BYTES];  /* the last link that goes */
    unsigned char sha256[HASH_BYTES]; /* of the file */
    char *file;                       /* its path; NULL when there was nothing to write.  Owned. */
};
/* What would go: the facts that arrived before `cutoff`, up to the newest anchor among them that
 * was written before it too and lies before a snapshot and every letter that is still under way. */
int retire_plan(struct store *store, instant_ms cutoff, struct retirement *ret_retirement);
/* Writes them into a file in `folder`, facts-FIRST-LAST-SHA256.jsonl, each row verified against the
 * chain on its way.  Works on a reader too, in another thread.  ERR_STORE with findings. */
int retire_write(struct store *store, const char *folder, struct retirement *retirement,
                 struct findings *findings);
/* Says in the open transaction that they have gone; from then on they may be deleted. */
int retire_mark(struct store_tx *tx, const struct retirement *retirement);
/* Deletes at most `max` facts that are marked, with what stands beside them.  The number deleted,
 * 0: there are no more; ERR_STORE.  Interrupted, it goes on where it was. */
int64_t retire_sweep(struct store_tx *tx, int64_t max);
/* The last fact that has gone and the name of the file it is in (caller frees; NULL: none has). */
int retire_last(struct store *store, int64_t *ret_seq, char **ret_file);
void retirement_release(struct retirement *retirement);

/* All of it on a writer, in transactions of a size that hold nobody up. */
int store_retire(struct store *store, instant_ms cutoff, instant_ms recorded, const char *folder,
                 struct retirement *ret_retirement, struct findings *findings);

#endif
