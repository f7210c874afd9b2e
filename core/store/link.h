/* Links: where the chain stands at a row.  Not for others. */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include "store/db.h"

/* The last link beside the fact `seq`, in place of its own.  1: filled; 0: nothing was sealed
 * there; ERR_STORE. */
int link_after(struct store *store, int64_t seq, unsigned char chain[HASH_BYTES]);
/* The link that the fact after `seq` goes on from.  When `seq` was retired, *ret_seq is the last
 * retired fact, else `seq`.  ERR_NOT_FOUND: there is no such fact; ERR_STORE. */
int link_start(struct store *store, int64_t seq, int64_t *ret_seq, unsigned char ret[HASH_BYTES]);
/* The last retired fact and the link after it; 0 and zero bytes when there is none. */
int link_retired(struct store *store, int64_t *ret_seq, unsigned char ret[HASH_BYTES]);

#endif
