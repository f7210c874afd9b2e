/* What the files of this folder share: the connection, its statements, its failures.  Not for
 * others. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/buf.h"
#include "store/anchor.h"
#include "store/store.h"
#include <sqlite3.h>

enum { DB_STATEMENTS_MAX = 192 }; /* distinct statements in the sources, with room to spare */

struct db_statement {
    const char *sql; /* a literal: statements are found again by its address */
    sqlite3_stmt *statement;
};
struct store_tx {
    struct store *store;
    bool open;
    instant_ms recorded;
    bool knows_head;                 /* the next four are what the last commit left */
    int64_t seq;                     /* last row of the journal */
    instant_ms arrival;              /* of that row */
    unsigned char chain[HASH_BYTES]; /* the last link: of that row or of what stands beside it */
    int64_t sealed;                  /* links after that row */
    struct buf noted;                /* rows that still want their link; see seal.h */
    bool anchor_asked;
};
struct store {
    sqlite3 *db;
    char *path;
    int lock_fd; /* -1: none */
    struct guard *guard;
    span_ms zone; /* whose days the anchors are for */
    struct store_tx tx;
    struct hasher *hasher;
    struct buf content, body;  /* of the fact in hand */
    struct identity *identity; /* NULL until it is asked for */
    struct queue *queue;       /* NULL until it is asked for */
    uint64_t absent;           /* the identity last found to be absent, as its hash; 0: none */
    struct anchor anchor;      /* of the last commit, when `anchored` */
    bool anchored;
    char anchor_day[sizeof(((struct anchor *)0)->day)]; /* of the newest; "": not known */
    int64_t anchor_seq;                                 /* likewise */
    int wal_pages;                                      /* of the log, after the last commit */
    int wal_carried;   /* how long it was when it was carried last; 0: it has begun anew since */
    bool wal_due;      /* to be carried before the next transaction */
    int wal_pages_max; /* beyond this a reader that holds it up is not waited for */
    enum store_trouble trouble;
    int code; /* SQLite's extended code behind it */
    struct buf message;
    struct db_statement statements[DB_STATEMENTS_MAX];
    int statement_count;
};

/* The prepared statement of a literal, reset and without bindings; NULL when it cannot be prepared
 * (the failure is noted).  Two uses of one literal must not overlap. */
sqlite3_stmt *db_prepare(struct store *store, const char *sql);
/* A statement that `each` of its rows may look on beside; sqlite3_finalize ends it. */
sqlite3_stmt *db_prepare_own(struct store *store, const char *sql);
/* Steps a statement that gives no rows and resets it.  0 or ERR_STORE. */
int db_run(struct store *store, sqlite3_stmt *statement);
/* Steps once: 1 a row, 0 no row (the statement is reset), or ERR_STORE. */
int db_row(struct store *store, sqlite3_stmt *statement);
/* The integer that a statement gives in one row: 0, ERR_NOT_FOUND when it gives none, ERR_STORE. */
int db_number(struct store *store, sqlite3_stmt *statement, int64_t *ret_number);
/* Runs plain SQL, possibly several statements. */
int db_exec(struct store *store, const char *sql);
/* Notes what SQLite says now; returns ERR_STORE. */
int db_failed(struct store *store);
int db_failed_with(struct store *store, int code); /* the same for a code it gave elsewhere */
/* Notes that we will not go on for now: STORE_BUSY; returns ERR_STORE. */
int db_held_up(struct store *store, const char *message);
/* Whether SQLite's last failure was damage it or the guard found, not one of reading or writing. */
bool db_is_damage(const struct store *store);
/* Notes damage that we found ourselves; returns ERR_STORE. */
int db_damaged(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));
int db_damaged_fact(struct store *store, int64_t seq); /* the same of a row of the journal */

/* Before a commit: the anchor of a new day, or one that was asked for. */
int anchor_commit(struct store_tx *tx);
void anchor_settle(struct store *store); /* once that transaction is durable */

/* Bindings; a NULL text is NULL.  Memory is borrowed until the statement has run. */
void db_bind_text(sqlite3_stmt *statement, int column, const char *text);
void db_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t size);
/* True when the column is a blob of exactly these 32 bytes. */
bool db_is_hash(sqlite3_stmt *statement, int column, const unsigned char hash[HASH_BYTES]);
const char *db_text(sqlite3_stmt *statement, int column); /* NULL for NULL; until the next step */

#endif
