/* Talking to SQLite: statements are prepared once and kept; every failure is put into words where
 * it happens. */
#include "store/db.h"
#include "base/err.h"
#include "base/lang.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An extended code is asked for: a failed fsync (SQLITE_IOERR_FSYNC) must never look like something
 * to retry. */
static enum store_trouble trouble_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STORE_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return STORE_FORBIDDEN;
    case SQLITE_NOTADB:
        return STORE_FOREIGN;
    }
    return STORE_BROKEN;
}

static const char *trouble_text(enum store_trouble trouble)
{
    switch (trouble) {
    case STORE_FULL:
        return tr("there is no room for the store", "存储空间不足");
    case STORE_BUSY:
        return tr("another process holds the store", "存储正被其他进程占用");
    case STORE_FORBIDDEN:
        return tr("the store may not be written", "没有写入存储的权限");
    case STORE_FOREIGN:
        return tr("the file is no store of yujing", "该文件不是预警存储");
    default:
        return tr("reading or writing the store failed", "读写存储失败");
    }
}

int db_failed(struct store *store)
{
    int code = sqlite3_extended_errcode(store->db);
    store->trouble = trouble_of(code);
    buf_clear(&store->message);
    buf_printf(&store->message, "%s (SQLite %d: %s)", trouble_text(store->trouble), code,
               sqlite3_errmsg(store->db));
    return ERR_STORE;
}

int db_damaged(struct store *store, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    store->trouble = STORE_BROKEN;
    buf_clear(&store->message);
    buf_puts(&store->message, text);
    return ERR_STORE;
}

sqlite3_stmt *db_prepare(struct store *store, const char *sql)
{
    for (int i = 0; i < store->statement_count; i++) {
        if (store->statements[i].sql == sql) {
            sqlite3_reset(store->statements[i].statement);
            sqlite3_clear_bindings(store->statements[i].statement);
            return store->statements[i].statement;
        }
    }
    assert(store->statement_count < DB_STATEMENTS_MAX);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        db_failed(store);
        return NULL;
    }
    store->statements[store->statement_count++] = (struct db_statement){sql, statement};
    return statement;
}

int db_row(struct store *store, sqlite3_stmt *statement)
{
    if (!statement)
        return ERR_STORE;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    int err = code == SQLITE_DONE ? 0 : db_failed(store);
    sqlite3_reset(statement);
    return err;
}

int db_run(struct store *store, sqlite3_stmt *statement)
{
    int err = db_row(store, statement);
    assert(err <= 0);
    return err;
}

int db_exec(struct store *store, const char *sql)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_failed(store);
}

void db_bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    if (statement && text)
        sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

void db_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t size)
{
    if (statement)
        sqlite3_bind_blob64(statement, column, size > 0 ? bytes : "", size, SQLITE_STATIC);
}

bool db_is_hash(sqlite3_stmt *statement, int column, const unsigned char hash[HASH_BYTES])
{
    const void *bytes = sqlite3_column_blob(statement, column);
    return bytes && sqlite3_column_bytes(statement, column) == HASH_BYTES &&
           memcmp(bytes, hash, HASH_BYTES) == 0;
}

const char *db_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}
