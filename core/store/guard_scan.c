/* Every page of the file, read once. */
#include "base/xalloc.h"
#include "store/db.h"
#include "store/guard.h"
#include <stdlib.h>

enum { TRIES = 3 }; /* a writer may be at this very page: then it is read again */

static int64_t pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t value = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return 0;
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* A walk through all trees, so only for pages of which something must be said. */
static char *table_of(sqlite3 *db, int64_t page)
{
    sqlite3_stmt *statement;
    const char *sql = "SELECT tbl_name FROM sqlite_schema WHERE name ="
                      " (SELECT name FROM dbstat WHERE pageno = ?1)"
                      " UNION ALL SELECT name FROM dbstat WHERE pageno = ?1 LIMIT 1";
    char *table = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return xstrdup("?");
    sqlite3_bind_int64(statement, 1, page);
    if (sqlite3_step(statement) == SQLITE_ROW && db_text(statement, 0))
        table = xstrdup(db_text(statement, 0));
    sqlite3_finalize(statement);
    return table ? table : xstrdup("?");
}

char *guard_table_of(const char *path, int64_t page)
{
    struct guard *guard = guard_new(&(struct guard_options){.reader = true, .lenient = true});
    sqlite3 *db = NULL;
    char *table = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, guard_vfs(guard)) ==
        SQLITE_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        table = table_of(db, page);
    }
    sqlite3_close(db);
    guard_free(guard);
    return table ? table : xstrdup("?");
}

static bool page_is_whole(sqlite3_file *file, const struct guard *guard, unsigned char *bytes,
                          int size, int64_t page)
{
    for (int i = 0; i < TRIES; i++) {
        int64_t before = guard_pages_bad(guard);
        int code = file->pMethods->xRead(file, bytes, size, (page - 1) * size);
        if (code != SQLITE_OK || guard_pages_bad(guard) == before)
            return true; /* beyond the end: the page is in the WAL alone so far */
    }
    return false;
}

int guard_scan(struct store *store, void (*tell)(void *arg, int64_t page, const char *table),
               void *arg)
{
    sqlite3_file *file = NULL;
    int64_t pages = pragma(store->db, "PRAGMA page_count");
    int size = (int)pragma(store->db, "PRAGMA page_size");
    if (!guard_has_sums(store->guard) || size <= 0 ||
        sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
        return 0;
    unsigned char *bytes = xmalloc((size_t)size);
    for (int64_t page = 1; page <= pages; page++) {
        if (page_is_whole(file, store->guard, bytes, size, page))
            continue;
        char *table = table_of(store->db, page);
        tell(arg, page, table);
        free(table);
    }
    free(bytes);
    return 0;
}
