/* The guard: a layer between SQLite and the file system, one for each open store.  Not for others.
 *
 * It keeps three promises that SQLite alone does not:
 *   - every page of the file carries a sum over its bytes and its number, checked whenever the page
 *     is read: a flipped bit is found before it is used, in every table, also those whose rows
 *     change;
 *   - after a failed write or fsync nothing more is written, whoever asks;
 *   - a reader writes nothing at all, so that one connection alone writes and checkpoints. */
#ifndef STORE_GUARD_H
#define STORE_GUARD_H

#include "store/store.h"
#include <sqlite3.h>

enum { GUARD_SUM_BYTES = 8 }; /* at the end of each page, as SQLite's reserved bytes */

struct guard;
struct guard_options {
    bool reader;
    bool lenient; /* damaged pages are handed out all the same: for the audit */
};
struct guard *guard_new(const struct guard_options *options);
void guard_free(struct guard *guard); /* after the connection was closed; NULL is fine */
/* To open a connection with. */
const char *guard_vfs(const struct guard *guard);
/* Right after opening, for a file that is to carry sums: an empty one from its first page on
 * (`fresh`), another when it has been written anew (VACUUM). */
void guard_begin_sums(struct guard *guard, sqlite3 *db, bool fresh);
/* Whether the file carries sums; known once page 1 was read. */
bool guard_has_sums(const struct guard *guard);

/* What went wrong, in order of age: the first that counts.  0: nothing. */
int64_t guard_bad_page(const struct guard *guard);  /* from 1 */
int64_t guard_pages_bad(const struct guard *guard); /* how often one was read */
/* The operation that failed ("write", "fsync"), or NULL. */
const char *guard_failed(const struct guard *guard);
void guard_counts(const struct guard *guard, struct store_counts *ret_counts);

/* Reads every page of the file and tells those whose sum is wrong, with the table the page belongs
 * to ("?" when that cannot be told).  0, or ERR_STORE. */
int guard_scan(struct store *store, void (*tell)(void *arg, int64_t page, const char *table),
               void *arg);
/* The table a page belongs to, by a connection of its own; caller frees. */
char *guard_table_of(const char *path, int64_t page);

#endif
