/* The facts of a store of version 2, chained anew.  Not for others. */
#ifndef STORE_MIGRATE_CHAIN_H
#define STORE_MIGRATE_CHAIN_H

struct store;

/* Copies `journal` into `journal_new` with links over every column, and seals the decisions and
 * letters beside them.  The old chain is verified on the way: ERR_STORE names the row that does not
 * fit, and nothing is migrated. */
int migrate_chain(struct store *store);

#endif
