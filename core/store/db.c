/* Talking to SQLite: statements are prepared once and kept; every failure is put into words where
 * it happens. */
#include "store/db.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "store/guard.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

static const char *io_text(const struct store *store, int code)
{
    const char *failed = store->guard ? guard_failed(store->guard) : NULL;
    if (str_equal(failed, "fsync"))
        return tr("the disk did not confirm what was written; nobody may assume what it holds",
                  "磁盘未能确认写入，其内容已不可信");
    if (str_equal(failed, "write"))
        return tr("writing to the disk failed; nobody may assume what it holds",
                  "写入磁盘失败，其内容已不可信");
    return (code & 0xff) == SQLITE_CORRUPT
               ? tr("the file of the store is damaged", "存储文件已损坏")
               : tr("reading or writing the store failed", "读写存储失败");
}

static const char *trouble_text(const struct store *store, int code)
{
    switch (store->trouble) {
    case STORE_FULL:
        return tr("there is no room for the store; nothing of this was written",
                  "存储空间不足，本次内容均未写入");
    case STORE_BUSY:
        return tr("another process holds the store", "存储正被其他进程占用");
    case STORE_FORBIDDEN:
        return (code & 0xff) == SQLITE_READONLY
                   ? tr("the store may only be read: its disk or file is read-only",
                        "存储所在磁盘或文件为只读")
                   : tr("the store may not be opened or written", "没有打开或写入存储的权限");
    case STORE_FOREIGN:
        return tr("the file is no store of yujing", "该文件不是预警存储");
    default:
        return io_text(store, code);
    }
}

/* The page that was refused, and whose it is. */
static void tell_page(struct store *store)
{
    int64_t page = guard_bad_page(store->guard);
    char *table = guard_table_of(store->path, page);
    buf_printf(&store->message,
               tr("page %lld of the store, of table %s, is damaged; restore a backup",
                  "存储第 %lld 页（属表 %s）已损坏，请恢复备份"),
               (long long)page, table);
    free(table);
}

int db_failed(struct store *store)
{
    return db_failed_with(store, sqlite3_extended_errcode(store->db));
}

int db_failed_with(struct store *store, int code)
{
    store->trouble = trouble_of(code);
    store->code = code;
    buf_clear(&store->message);
    bool damage = code == SQLITE_IOERR_DATA || (code & 0xff) == SQLITE_CORRUPT;
    if (damage && guard_bad_page(store->guard) > 0) {
        tell_page(store);
        return ERR_STORE;
    }
    buf_puts(&store->message, trouble_text(store, code));
    int number = sqlite3_system_errno(store->db);
    if ((code & 0xff) == SQLITE_IOERR && number != 0)
        buf_printf(&store->message, " (SQLite %d: %s)", code, strerror(number));
    else
        buf_printf(&store->message, " (SQLite %d: %s)", code,
                   code == sqlite3_extended_errcode(store->db) ? sqlite3_errmsg(store->db)
                                                               : sqlite3_errstr(code));
    return ERR_STORE;
}

bool db_is_damage(const struct store *store)
{
    return store->code == SQLITE_IOERR_DATA || (store->code & 0xff) == SQLITE_CORRUPT;
}

int db_held_up(struct store *store, const char *message)
{
    store->trouble = STORE_BUSY;
    buf_clear(&store->message);
    buf_puts(&store->message, message);
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
    store->code = SQLITE_CORRUPT;
    buf_clear(&store->message);
    buf_puts(&store->message, text);
    return ERR_STORE;
}

int db_damaged_fact(struct store *store, int64_t seq)
{
    return db_damaged(store, tr("the journal is damaged at row %lld", "日志第 %lld 行已损坏"),
                      (long long)seq);
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

sqlite3_stmt *db_prepare_own(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    db_failed(store);
    return NULL;
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

int db_number(struct store *store, sqlite3_stmt *statement, int64_t *ret_number)
{
    int found = db_row(store, statement);
    if (found != 1)
        return found < 0 ? found : ERR_NOT_FOUND;
    *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return 0;
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
