/* Reigns: which policy was in force from when on, as the journal's policy facts say. */
#ifndef STORE_REIGNS_H
#define STORE_REIGNS_H

#include "store/store.h"

struct reign {
    int64_t seq;
    instant_ms since;
    const char *hash; /* borrowed */
};
/* Oldest first, until `each` returns non-zero: then the answer.  One policy may reign more than
 * once. */
int reigns_read(struct store *store, int (*each)(void *arg, const struct reign *reign), void *arg);

#endif
