/* A disk in memory, as SQLite's VFS, that can lose what was not synced.
 *
 * Every file has two images: what a reader sees, and what is on the platter.  Between them stand
 * the writes since the last sync.  When the power goes, each of them is there, gone, or torn at a
 * sector; when only the process dies, all of them stay.  The disk can also be full, refuse a write,
 * or fail a sync, after which what was to be synced is never on the platter.
 *
 * There is one disk in the process, and it is SQLite's default VFS from disk_new on. */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "rng.h"
#include <stddef.h>

struct disk;
struct disk *disk_new(uint64_t seed);
void disk_free(struct disk *disk);

/* The process dies in the middle of the operation that many operations (writes, syncs, truncations,
 * deletions) from now; 0: in the next; −1: not.  From then on every operation fails. */
void disk_die_in(struct disk *disk, int operations);
void disk_kill(struct disk *disk); /* the process is dead already */
bool disk_is_dead(const struct disk *disk);
/* The process is gone, whether or not it died in an operation; handles are closed.  With `power`
 * what was not synced is at risk. */
void disk_restart(struct disk *disk, bool power);
/* There is no room for so many writes, then there is again.  As on a file system that copies on
 * write, one in place needs room too. */
void disk_fill(struct disk *disk, int writes);
bool disk_is_full(const struct disk *disk);
/* The write or sync that many from now fails; −1: none. */
void disk_fail_write_in(struct disk *disk, int writes);
void disk_fail_sync_in(struct disk *disk, int syncs);
/* A negative control: a sync says it is done and does nothing. */
void disk_skip_syncs(struct disk *disk, bool skip);

struct disk_counts {
    int64_t writes, syncs;
    int64_t died;       /* in the middle of an operation */
    int64_t lost, torn; /* writes, when the power went */
    int64_t full, bad_writes, bad_syncs;
};
const struct disk_counts *disk_counts(const struct disk *disk);

#endif
