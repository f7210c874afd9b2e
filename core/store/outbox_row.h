/* Rows of the outbox as consignments.  Not for others. */
#ifndef STORE_OUTBOX_ROW_H
#define STORE_OUTBOX_ROW_H

#include "store/outbox.h"
#include <sqlite3.h>

/* To be followed by WHERE …; b is the outbox, l the letter. */
#define OUTBOX_COLUMNS                                                                        \
    "SELECT b.serial, b.letter, b.gateway, b.address, b.contact, b.host, b.rung, b.priority," \
    " b.state, b.attempts, b.not_before, b.changed, b.trouble, coalesce(r.body, l.body),"     \
    " coalesce(r.sha256, l.sha256), l.kind, l.recipient, l.made FROM outbox b"                \
    " JOIN letter l ON l.id = b.letter LEFT JOIN rendering r ON r.serial = b.serial"

enum outbox_state outbox_state_of(const char *name);
/* Borrowed until the statement moves; ERR_STORE when the bytes do not match their hash. */
int outbox_row(struct store *store, sqlite3_stmt *statement, struct consignment *ret);
/* Calls `each` for the rows of a query in which ?1, if there is one, is `text` and ?2 the most of
 * them (0: all), until it returns non-zero: then the answer.  `each` may look on. */
int outbox_rows(struct store *store, const char *sql, const char *text, int max,
                int (*each)(void *arg, const struct consignment *consignment), void *arg);

#endif
