/* What the files of this folder share: the connection, its statements, its failures.  Not for
 * others. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/buf.h"
#include "store/store.h"
#include <sqlite3.h>

enum { DB_STATEMENTS_MAX = 48 }; /* distinct statements in the sources, with room to spare */

struct db_statement {
    const char *sql; /* a literal: statements are found again by its address */
    sqlite3_stmt *statement;
};
struct store_tx {
    struct store *store;
    bool open;
    instant_ms recorded;
    int64_t seq;                     /* last row of the journal */
    instant_ms arrival;              /* of that row */
    unsigned char chain[HASH_BYTES]; /* of that row */
};
struct store {
    sqlite3 *db;
    char *path;
    int lock_fd; /* -1: none */
    struct store_tx tx;
    enum store_trouble trouble;
    struct buf message;
    struct db_statement statements[DB_STATEMENTS_MAX];
    int statement_count;
};

/* The prepared statement of a literal, reset and without bindings; NULL when it cannot be prepared
 * (the failure is noted).  Two uses of one literal must not overlap. */
sqlite3_stmt *db_prepare(struct store *store, const char *sql);
/* Steps a statement that gives no rows and resets it.  0 or ERR_STORE. */
int db_run(struct store *store, sqlite3_stmt *statement);
/* Steps once: 1 a row, 0 no row (the statement is reset), or ERR_STORE. */
int db_row(struct store *store, sqlite3_stmt *statement);
/* Runs plain SQL, possibly several statements. */
int db_exec(struct store *store, const char *sql);
/* Notes what SQLite says now; returns ERR_STORE. */
int db_failed(struct store *store);
/* Notes damage that we found ourselves; returns ERR_STORE. */
int db_damaged(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bindings; a NULL text is NULL.  Memory is borrowed until the statement has run. */
void db_bind_text(sqlite3_stmt *statement, int column, const char *text);
void db_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t size);
/* True when the column is a blob of exactly these 32 bytes. */
bool db_is_hash(sqlite3_stmt *statement, int column, const unsigned char hash[HASH_BYTES]);
const char *db_text(sqlite3_stmt *statement, int column); /* NULL for NULL; until the next step */

#endif
