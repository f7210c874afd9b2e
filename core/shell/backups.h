/* Backups on schedule: a proved copy of the store, every so often, the newest few kept.
 *
 * Copying goes a millisecond at a time, on the worker's thread between turns; proving on a thread
 * of libuv's pool.  A backup that fails is an alarm, and tried again in an hour.  When the last one
 * was made is read from the folder, so a restart neither forgets nor hurries. */
#ifndef SHELL_BACKUPS_H
#define SHELL_BACKUPS_H

#include "shell/upkeep_host.h"

struct backups;
/* NULL when none are configured. */
struct backups *backups_new(const struct upkeep_host *host);
/* Begins one when it is due; call it now and then. */
void backups_consider(struct backups *backups);
/* Begins one now.  ERR_NOT_FOUND: none are configured; ERR_CONFLICT: one is under way. */
int backups_begin(struct backups *backups);
/* Nothing of it may run any more, on no thread; the store must still be open. */
void backups_free(struct backups *backups); /* NULL is fine */

/* "yujing-20261124T093000Z.db"; and back: ERR_SYNTAX for another name. */
void backup_name(struct buf *ret_name, instant_ms at);
int backup_time(const char *name, instant_ms *ret_at);

#endif
