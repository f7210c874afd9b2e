/* Opening, locking and committing.
 *
 * The invariant is that one connection alone writes and checkpoints.  SQLite before 3.51.3 can
 * corrupt a WAL database when two do, so a writer takes STORE.lock first and keeps it for its whole
 * life, and a reader neither writes nor checkpoints, not even when it closes last.  After a failed
 * fsync nothing may be assumed about what the disk holds; such a failure is STORE_BROKEN and is
 * never retried here. */
#include "store/store.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/db.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    SCHEMA_VERSION = 1,          /* PRAGMA user_version; a newer one is not ours to touch */
    APPLICATION_ID = 0x79756a67, /* "yujg", so that `file` and we know a store when we see it */
    BUSY_TIMEOUT_MS = 5000,      /* a reader may hold the last checkpoint up for a moment */
};

struct opening {
    const char *path;
    const struct store_options *options;
    struct findings *findings;
    enum store_trouble *trouble;
};

static int refuse(const struct opening *opening, enum store_trouble trouble, const char *code,
                  const char *hint, const char *message)
{
    *opening->trouble = trouble;
    findings_add(opening->findings, SEV_ERROR, code, (struct place){.file = opening->path}, hint,
                 "%s", message);
    return ERR_STORE;
}

static int take_lock(struct store *store, const struct opening *opening)
{
    char *path = xasprintf("%s.lock", opening->path);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (store->lock_fd < 0) {
        bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
        return refuse(opening, denied ? STORE_FORBIDDEN : STORE_BROKEN, "D001",
                      tr("the folder of the store must exist and be ours to write",
                         "存储所在文件夹必须存在并且可写"),
                      tr("the lock file beside the store cannot be made", "无法创建存储的锁文件"));
    }
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return refuse(opening, STORE_BUSY, "D002",
                      tr("stop the other daemon, or give this one a store of its own",
                         "请先停止另一个守护进程，或为本进程另设存储"),
                      tr("another process holds the store", "存储正被其他进程占用"));
    return 0;
}

static int refuse_sqlite(struct store *store, const struct opening *opening)
{
    if (store->trouble == STORE_FINE)
        db_failed(store);
    return refuse(opening, store->trouble, "D003", NULL, store_message(store));
}

static int connect_file(struct store *store, const struct opening *opening)
{
    bool reader = opening->options->reader;
    if (reader && access(opening->path, F_OK) < 0)
        return refuse(opening, STORE_FORBIDDEN, "D004", NULL,
                      tr("there is no such store", "存储不存在"));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (reader ? 0 : SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(opening->path, &store->db, flags, NULL) != SQLITE_OK)
        return refuse_sqlite(store, opening);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reader, NULL);
    const char *setup = reader ? "PRAGMA query_only = 1; PRAGMA mmap_size = 0"
                               : "PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1;"
                                 "PRAGMA foreign_keys = 1; PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL";
    return db_exec(store, setup) < 0 ? refuse_sqlite(store, opening) : 0;
}

static int64_t pragma(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = db_prepare(store, sql);
    if (db_row(store, statement) != 1)
        return -1;
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return value;
}

static int make_tables(struct store *store, const struct opening *opening)
{
    const struct resource *schema = resource_find("core/store/schema.sql");
    assert(schema && "the schema travels inside the binary");
    char *stamp = xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;"
                            "INSERT INTO meta VALUES ('mode', '%s'); COMMIT",
                            APPLICATION_ID, SCHEMA_VERSION, opening->options->mode);
    bool made = db_exec(store, "BEGIN IMMEDIATE") == 0 &&
                db_exec(store, (const char *)schema->data) == 0 && db_exec(store, stamp) == 0;
    free(stamp);
    return made ? 0 : refuse_sqlite(store, opening);
}

/* An empty file is a store to be made; anything else must be ours and no newer than we are. */
static int check_version(struct store *store, const struct opening *opening)
{
    int64_t version = pragma(store, "PRAGMA user_version");
    int64_t application = pragma(store, "PRAGMA application_id");
    int64_t tables = pragma(store, "SELECT count(*) FROM sqlite_schema");
    if (version < 0 || application < 0 || tables < 0)
        return refuse_sqlite(store, opening);
    if (version == 0 && application == 0 && tables == 0 && !opening->options->reader)
        return make_tables(store, opening);
    if (application != APPLICATION_ID)
        return refuse(opening, STORE_FOREIGN, "D005", NULL,
                      tr("the file is no store of yujing", "该文件不是预警存储"));
    if (version > SCHEMA_VERSION)
        return refuse(opening, STORE_FOREIGN, "D006",
                      tr("install the newer version again", "请重新安装较新的版本"),
                      tr("a newer yujing has written this store", "该存储由较新版本的预警写入"));
    return 0;
}

char *store_mode(struct store *store)
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT value FROM meta WHERE name = 'mode'");
    if (db_row(store, statement) != 1)
        return NULL;
    char *mode = xstrdup(db_text(statement, 0));
    sqlite3_reset(statement);
    return mode;
}

/* A drill cannot touch the live side's store, nor a run that approves by itself one in which people
 * approve. */
static int check_mode(struct store *store, const struct opening *opening)
{
    if (opening->options->reader)
        return 0;
    char *mode = store_mode(store);
    bool same = str_equal(mode, opening->options->mode);
    if (!same) {
        *opening->trouble = STORE_FOREIGN;
        findings_add(
            opening->findings, SEV_ERROR, "D007", (struct place){.file = opening->path},
            tr("give each kind of run a store of its own", "请为每种运行方式设置各自的存储"),
            tr("the store was made for “%s”, not for “%s”", "该存储用于“%s”，不能用于“%s”"),
            mode ? mode : "?", opening->options->mode);
    }
    free(mode);
    return same ? 0 : ERR_STORE;
}

static void limit_size(struct store *store, int64_t bytes_max)
{
    int64_t page = pragma(store, "PRAGMA page_size");
    if (bytes_max <= 0 || page <= 0)
        return;
    char *sql = xasprintf("PRAGMA max_page_count = %lld", (long long)(bytes_max / page));
    db_exec(store, sql);
    free(sql);
}

int store_open(struct store **ret_store, const char *path, const struct store_options *options,
               enum store_trouble *reterr_trouble, struct findings *findings)
{
    struct opening opening = {path, options, findings, reterr_trouble};
    struct store *store = xcalloc(1, sizeof *store);
    store->path = xstrdup(path);
    store->lock_fd = -1;
    store->tx.store = store;
    int err = options->reader ? 0 : take_lock(store, &opening);
    if (err == 0)
        err = connect_file(store, &opening);
    if (err == 0)
        err = check_version(store, &opening);
    if (err == 0)
        err = check_mode(store, &opening);
    if (err < 0) {
        store_close(store);
        return err;
    }
    limit_size(store, options->bytes_max);
    *ret_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->tx.open)
        store_rollback(&store->tx);
    for (int i = 0; i < store->statement_count; i++)
        sqlite3_finalize(store->statements[i].statement);
    sqlite3_close(store->db);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    buf_release(&store->message);
    free(store->path);
    free(store);
}

/* Where the journal ends; 0 and zero bytes when it is empty. */
static int read_head(struct store_tx *tx)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "SELECT seq, arrival, chain FROM journal ORDER BY seq DESC LIMIT 1");
    tx->seq = 0;
    tx->arrival = INSTANT_NONE;
    memset(tx->chain, 0, sizeof tx->chain);
    int found = db_row(tx->store, statement);
    if (found != 1)
        return found;
    tx->seq = sqlite3_column_int64(statement, 0);
    tx->arrival = sqlite3_column_int64(statement, 1);
    bool whole = sqlite3_column_bytes(statement, 2) == HASH_BYTES;
    if (whole)
        memcpy(tx->chain, sqlite3_column_blob(statement, 2), HASH_BYTES);
    sqlite3_reset(statement);
    return whole ? 0
                 : db_damaged(tx->store,
                              tr("the journal is damaged at row %lld", "日志第 %lld 行已损坏"),
                              (long long)tx->seq);
}

int store_begin(struct store *store, instant_ms recorded, struct store_tx **ret_tx)
{
    struct store_tx *tx = &store->tx;
    assert(!tx->open);
    if (db_run(store, db_prepare(store, "BEGIN IMMEDIATE")) < 0)
        return ERR_STORE;
    tx->open = true;
    tx->recorded = recorded;
    if (read_head(tx) < 0) {
        store_rollback(tx);
        return ERR_STORE;
    }
    *ret_tx = tx;
    return 0;
}

int store_commit(struct store_tx *tx)
{
    assert(tx->open);
    if (db_run(tx->store, db_prepare(tx->store, "COMMIT")) < 0) {
        enum store_trouble trouble = tx->store->trouble;
        store_rollback(tx);
        tx->store->trouble = trouble;
        return ERR_STORE;
    }
    tx->open = false;
    return 0;
}

/* Some failures have rolled back already; that is what is asked for, so it is no failure. */
void store_rollback(struct store_tx *tx)
{
    if (!tx || !tx->open)
        return;
    for (int i = 0; i < tx->store->statement_count; i++)
        sqlite3_reset(tx->store->statements[i].statement);
    if (!sqlite3_get_autocommit(tx->store->db))
        sqlite3_exec(tx->store->db, "ROLLBACK", NULL, NULL, NULL);
    tx->open = false;
}

enum store_trouble store_trouble(const struct store *store)
{
    return store->trouble;
}

const char *store_message(const struct store *store)
{
    return buf_str(&store->message);
}

const char *store_path(const struct store *store)
{
    return store->path;
}
