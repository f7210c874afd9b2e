/* The archive: every policy that was ever in force, whole, by its hash.
 *
 * So a journal explains itself years later, on a machine that has never seen the policy's folder.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/store.h"

struct bundle;
struct findings;

/* Keeps the bundle's texts, which have not been forgotten, and the overrides it was built with (or
 * NULL); one that is there already is left alone. */
int archive_put(struct store_tx *tx, const struct bundle *bundle, const char *with_json);
/* Builds the bundle of a hash again; ERR_NOT_FOUND, or findings when this program refuses what an
 * older one took, or a finding when the texts no longer give the hash.  Its texts have been
 * forgotten. Caller frees with bundle_free. */
int archive_bundle(struct store *store, const char *hash, struct bundle **ret_bundle,
                   struct findings *findings);
/* Whether a bundle of this hash stands there as it was put: 0, or as archive_bundle complains. */
int archive_check(struct store *store, const char *hash, struct findings *findings);
/* The hash that the last policy fact named; "" when there is none. */
int archive_in_force(struct store *store, char ret_hash[HASH_HEX]);

#endif
