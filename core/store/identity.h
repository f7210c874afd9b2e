/* Identities: at which rows of the journal a (source, id) already stands.  Not for others.
 *
 * Asked for every fact that comes in and nearly always answered "nowhere", so it has to be cheap
 * also when the journal is long and ids come in no order.  The index on disk is written in sorted
 * portions long after the facts; the identities it lacks are in memory, and are read again from the
 * journal's tail at the next start. */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "store/db.h"

struct identity;

/* Where a fact's canonical JSON says who says so and which of its sayings: `"source":…,"id":…`,
 * byte for byte the same for equal identities.  False: the text has none. */
bool identity_text(const char *content, const char **ret_text, size_t *ret_size);
/* Whether a row's body (NULL: none) bears that identity. */
bool identity_is(const char *body, const char *text, size_t size);
uint64_t identity_hash(const char *text, size_t size);

/* Reads what the index on disk lacks into store->identity, unless that is there.  ERR_STORE. */
int identity_load(struct store *store);
void identity_free(struct identity *identity); /* NULL is fine */

/* Calls `each` for rows whose identity has this hash until it returns non-zero, which is then the
 * answer; 0: all were asked.  Another identity may have the same hash. */
int identity_find(struct identity *identity, struct store *store, uint64_t hash,
                  int (*each)(void *arg, int64_t seq), void *arg);
/* A row of the open transaction. */
void identity_add(struct identity *identity, uint64_t hash, int64_t seq);
/* Before the commit: brings the index on disk on by a portion that goes with the facts of this
 * transaction. */
int identity_fold(struct identity *identity, struct store_tx *tx);
/* After the transaction: what it did stands, or never was. */
void identity_settle(struct identity *identity, bool committed);
/* How many identities may be young; tests make it small. */
void identity_limit(struct identity *identity, size_t young_max);
/* In the open transaction: forgets the rows up to `seq` on disk. */
int identity_forget(struct store_tx *tx, int64_t seq);

#endif
