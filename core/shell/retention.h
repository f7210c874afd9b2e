/* Retention on schedule: once a day, facts that are older than they must be kept leave the store
 * for an archive file.
 *
 * They are chosen between turns, written and read back on a thread of libuv's pool through a reader
 * of its own, then marked and deleted a piece at a time between turns, each piece in a transaction
 * of its own.  Interrupted anywhere, it goes on where it was. */
#ifndef SHELL_RETENTION_H
#define SHELL_RETENTION_H

#include "shell/upkeep_host.h"

struct retention;
/* NULL when everything is kept. */
struct retention *retention_new(const struct upkeep_host *host, const char *store_path);
void retention_consider(struct retention *retention); /* call it now and then */
/* Nothing of it may run any more. */
void retention_free(struct retention *retention); /* NULL is fine */

#endif
