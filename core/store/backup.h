/* Backups: the whole store as it is at one moment, in another file, proved before it gets its name.
 *
 * A running daemon makes one in small steps between its turns, by the connection that writes, so
 * that no second one touches the file; what is committed meanwhile is in the copy too.  Proving may
 * then go on in another thread, because it touches the copy alone.
 *
 *     store_backup_begin, store_backup_step until 0, store_backup_finish */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/audit.h"

struct store_backup;

enum { BACKUP_STEP_PAGES = 256 }; /* about a millisecond */

/* A backup to `path`, which must not exist; until it is proved it is `path`.part. */
int store_backup_begin(struct store *store, const char *path, struct store_backup **ret_backup,
                       struct findings *findings);
/* Copies at most `pages` further pages.  1: there is more; 0: the copy is whole; ERR_STORE: it is
 * over (finish all the same). */
int store_backup_step(struct store_backup *backup, int pages);
/* Proves the copy (audit of the whole), puts it in place and frees the backup.  0, or ERR_STORE
 * with findings and no file.  A copy that is not whole is dropped. */
int store_backup_finish(struct store_backup *backup, struct audit_report *ret_report,
                        struct findings *findings);

/* Copies the store at `from` to `to`, which must not exist, and proves what it copied: a backup of
 * a store whether or not a daemon is at work on it, and a restore from a backup.  `progress` may be
 * NULL. */
int store_copy(const char *from, const char *to,
               void (*progress)(void *arg, int64_t done, int64_t of), void *arg,
               struct audit_report *ret_report, struct findings *findings);

#endif
