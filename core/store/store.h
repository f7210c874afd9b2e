/* The store: one SQLite file that remembers before anything is promised.
 *
 * It holds the journal (what happened), the decisions, the orders with their outbox (what is still
 * to be sent), snapshots and policies; see schema.sql.  Whatever belongs together is written in one
 * transaction and is on the disk when store_commit returns 0 (WAL, synchronous=FULL).  One
 * connection alone writes and checkpoints: the writer holds a lock file, readers are query-only and
 * never checkpoint. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/hash.h"
#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;
struct store;
struct store_tx;

/* What a refusal means for the one who asked. */
enum store_trouble {
    STORE_FINE,
    STORE_FULL, /* no room on the disk or under bytes_max: try again later; nothing was written */
    STORE_BUSY, /* another process holds the store */
    STORE_FORBIDDEN, /* the system denies us the file */
    STORE_FOREIGN,   /* no store of ours, of a newer version, or made for another mode */
    STORE_BROKEN,    /* reading or writing failed, or what was read is damaged: stop, a person must
                        look */
};
struct store_options {
    bool reader;      /* look only; works beside a running daemon */
    bool audit;       /* reader: damaged pages are read as they are, to be told by the audit */
    bool any_mode;    /* writer: for upkeep; whatever it was made for, and it must be there */
    const char *mode; /* writer: what kind of run the store is for, in words ("drill by_fact");
                         fixed when the store is made, another one is refused ever after */
    span_ms zone;     /* writer: whose days the anchors are for */
    int64_t
        bytes_max; /* writer: the database file is not let grow beyond this; 0: only by the disk */
};

/* Opens, or as a writer makes, the store at `path`; `path`.lock beside it keeps a second writer
 * out.  On failure one finding (D…), and what it means in *reterr_trouble. */
int store_open(struct store **ret_store, const char *path, const struct store_options *options,
               enum store_trouble *reterr_trouble, struct findings *findings);
/* Gives up the pages that are kept in memory, after something large; between transactions. */
void store_shrink(struct store *store);
/* Whether there is something to tidy up while nobody waits, and doing so; between transactions.
 * ERR_STORE: the next transaction meets the same, unless it is damage. */
bool store_is_to_rest(const struct store *store);
int store_rest(struct store *store);
void store_close(struct store *store); /* NULL is fine; an open transaction is rolled back */

struct store_counts {
    int64_t writes, syncs; /* of the file and its log */
    int64_t writers;       /* how often another thread than before wrote: 1 while it is one alone */
};
void store_counted(const struct store *store, struct store_counts *ret_counts);

/* Begins the only transaction there can be; `recorded` is the wall clock, for the audit columns. */
int store_begin(struct store *store, instant_ms recorded, struct store_tx **ret_tx);
/* 0: everything is durable.  Otherwise nothing was written, and the transaction is over all the
 * same. */
int store_commit(struct store_tx *tx);
void store_rollback(struct store_tx *tx); /* NULL is fine */

/* Of the last failure: what it means, and one sentence for a person (borrowed until the next
 * failure). */
enum store_trouble store_trouble(const struct store *store);
const char *store_message(const struct store *store);
const char *store_path(const struct store *store);
/* The mode it was made for; caller frees.  NULL when it cannot be read. */
char *store_mode(struct store *store);

#endif
