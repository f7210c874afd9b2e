/* The seal: links of the chain for the rows that stand beside the facts.  Not for others.
 *
 * Whoever writes a row that never changes again notes it; before the next fact and before the
 * commit it gets its link, made from the row as it then stands in its table, so that what is sealed
 * is what can be read back.  Rows that do change (the outbox) cannot be sealed; page sums guard
 * them. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "store/db.h"

/* What can be sealed.  The columns of a part are fixed for ever, because they are hashed: when its
 * table gets further ones that matter, they become a part of their own. */
enum seal_part { SEAL_DECISION, SEAL_LETTER, SEAL_PARTS };
const char *seal_part_name(enum seal_part part); /* the table */
int seal_part_of(const char *name);              /* or ERR_NOT_FOUND */

/* Notes a row to be sealed; `row` is its key, copied. */
void seal_note(struct store_tx *tx, enum seal_part part, const char *row);
void seal_note_decision(struct store_tx *tx, int64_t seq, int64_t number);
/* Seals what was noted. */
int seal_flush(struct store_tx *tx);
/* The statement that gives a row's columns, bound to its key and not yet stepped. */
sqlite3_stmt *seal_row(struct store *store, enum seal_part part, const char *row);

#endif
