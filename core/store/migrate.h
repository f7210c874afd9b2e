/* Migrations: a store made by an older yujing brought to the schema of this one, step by step.
 *
 * Each step and the version it leads to are one transaction, so a kill at any moment leaves the
 * store at one version or the next, and the next start goes on from there.  A fresh store is made
 * from schema.sql alone; tests/store holds both ways to the same tables. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include <stdint.h>

struct store;

/* The PRAGMA user_version of this program's schema. */
int64_t migrate_version(void);
/* Brings the store from `version` (1 or later) to this one.  ERR_STORE when a step fails; the store
 * then is at the step before. */
int migrate(struct store *store, int64_t version);

#endif
