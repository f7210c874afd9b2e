/* Snapshots: the engine's whole state after a fact, so that a start replays only the tail. */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "store/store.h"

enum { SNAPSHOTS_KEPT = 3 }; /* one may be damaged, one of a program that can no longer read it */

struct snapshot { /* owned */
    int64_t seq;
    char bundle[HASH_HEX]; /* policy in force */
    void *bytes;
    size_t size;
};
/* The state after the last row of the journal; older ones than SNAPSHOTS_KEPT are dropped. */
int snapshot_put(struct store_tx *tx, const char *bundle, const void *bytes, size_t size);
/* The newest whose bytes match their hash and whose seq is below `before` (INT64_MAX: any).
 * ERR_NOT_FOUND when there is none: then the journal is read from its beginning. */
int snapshot_newest(struct store *store, int64_t before, struct snapshot *ret_snapshot);
void snapshot_release(struct snapshot *snapshot);

#endif
