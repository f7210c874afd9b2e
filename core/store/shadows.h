/* What the shadow generation decided, and its state: to be looked at, never acted on.  Bounded. */
#ifndef STORE_SHADOWS_H
#define STORE_SHADOWS_H

#include "store/store.h"

enum { SHADOW_FACTS_KEPT = 20000 }; /* decisions that followed from older facts are dropped */

struct shadow_row { /* borrowed */
    int64_t seq;    /* filled by shadow_put: the fact */
    int number;
    const char *policy; /* hash of the shadow policy */
    instant_ms at;
    const char *line; /* as `yujing replay -o jsonl` prints it */
};
int shadow_put(struct store_tx *tx, const struct shadow_row *row);
int shadow_read(struct store *store, int64_t seq,
                int (*each)(void *arg, const struct shadow_row *row), void *arg);
/* The state after the last row of the journal; in place of any other. */
int shadow_save(struct store_tx *tx, const char *policy, const void *bytes, size_t size);
/* 1 and *ret_seq, and `each` was called with its bytes; 0: none of that policy, or it is damaged.
 */
int shadow_load(struct store *store, const char *policy, int64_t *ret_seq,
                void (*each)(void *arg, const void *bytes, size_t size), void *arg);
/* Everything of it is forgotten. */
int shadow_clear(struct store_tx *tx);

#endif
