/* Opening, locking and committing.
 *
 * The invariant is that one connection alone writes and checkpoints.  SQLite before 3.51.3 can
 * corrupt a WAL database when two do, so a writer takes STORE.lock first and keeps it for its whole
 * life, and a reader neither writes nor checkpoints, not even when it closes last.  After a failed
 * fsync nothing may be assumed about what the disk holds; such a failure is STORE_BROKEN and is
 * never retried here. */
#include "store/store.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/guard.h"
#include "store/identity.h"
#include "store/link.h"
#include "store/migrate.h"
#include "store/queue.h"
#include "store/seal.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x79756a67, /* "yujg", so that `file` and we know a store when we see it */
    BUSY_TIMEOUT_MS = 5000,      /* a reader may hold the last checkpoint up for a moment */
    /* The log is carried into the file, between transactions, when it holds so many pages and twice
     * what the last transaction added: so early that whoever comes meanwhile waits a millisecond,
     * and so late that a large transaction's pages, written again by the next, are carried once. */
    WAL_PAGES_CARRIED = 256,
    WAL_TRANSACTIONS_CARRIED = 2,
    /* While nobody waits, so few are enough that they are carried before the next one comes. */
    WAL_PAGES_RESTED = 128,
    /* A reader that never ends keeps the log from being used again; beyond this we rather stop
     * taking in than fill the disk. */
    WAL_PAGES_MAX = 65536,
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

static int count_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct store *store = arg;
    if (pages < store->wal_pages) /* it has begun anew */
        store->wal_pages = store->wal_carried = 0;
    int added = pages - store->wal_pages;
    store->wal_pages = pages;
    store->wal_due =
        pages - store->wal_carried >= WAL_PAGES_CARRIED + WAL_TRANSACTIONS_CARRIED * added;
    return SQLITE_OK;
}

static bool is_fresh(const char *path)
{
    struct stat info;
    return stat(path, &info) < 0 || info.st_size == 0;
}

/* Who works where, who answers at night and for what: nobody else's to read.  SQLite gives what it
 * makes beside the file the file's own mode; an older version of ours left 0644. */
static void keep_private(const char *path)
{
    static const char *const beside[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char *name = xasprintf("%s%s", path, beside[i]);
        if (i == 0 || access(name, F_OK) == 0)
            file_keep_private(name);
        free(name);
    }
}

static int connect_file(struct store *store, const struct opening *opening)
{
    bool reader = opening->options->reader;
    if ((reader || opening->options->any_mode) && access(opening->path, F_OK) < 0)
        return refuse(opening, STORE_FORBIDDEN, "D004", NULL,
                      tr("there is no such store", "存储不存在"));
    if (!reader)
        keep_private(opening->path);
    bool fresh = is_fresh(opening->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (reader ? 0 : SQLITE_OPEN_CREATE);
    store->guard =
        guard_new(&(struct guard_options){.reader = reader, .lenient = opening->options->audit});
    if (sqlite3_open_v2(opening->path, &store->db, flags, guard_vfs(store->guard)) != SQLITE_OK)
        return refuse_sqlite(store, opening);
    if (fresh && !reader)
        guard_begin_sums(store->guard, store->db, true);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reader, NULL);
    sqlite3_wal_hook(store->db, count_wal, store); /* in place of SQLite's own checkpoints */
    const char *setup = reader ? "PRAGMA query_only = 1; PRAGMA mmap_size = 0;"
                                 "PRAGMA cell_size_check = 1"
                               : "PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1;"
                                 "PRAGMA foreign_keys = 1; PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL; PRAGMA cache_size = -4096;"
                                 "PRAGMA journal_size_limit = 67108864";
    return db_exec(store, setup) < 0 ? refuse_sqlite(store, opening) : 0;
}

static int64_t pragma(struct store *store, const char *sql)
{
    int64_t value;
    return db_number(store, db_prepare(store, sql), &value) == 0 ? value : -1;
}

static int make_tables(struct store *store, const struct opening *opening)
{
    const struct resource *schema = resource_find("core/store/schema.sql");
    assert(schema && "the schema travels inside the binary");
    char *stamp = xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %lld;"
                            "INSERT INTO meta VALUES ('mode', '%s'); COMMIT",
                            APPLICATION_ID, (long long)migrate_version(), opening->options->mode);
    bool made = db_exec(store, "BEGIN IMMEDIATE") == 0 &&
                db_exec(store, (const char *)schema->data) == 0 && db_exec(store, stamp) == 0;
    free(stamp);
    return made ? 0 : refuse_sqlite(store, opening);
}

/* A store of before the sums is written anew with room for them; it needs as much free space again.
 */
static int carry_sums(struct store *store, const struct opening *opening)
{
    if (opening->options->reader || guard_has_sums(store->guard))
        return 0;
    guard_begin_sums(store->guard, store->db, false);
    return db_exec(store, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

/* An empty file is a store to be made; anything else must be ours and no newer than we are. */
static int check_version(struct store *store, const struct opening *opening)
{
    int64_t version = pragma(store, "PRAGMA user_version");
    int64_t application = pragma(store, "PRAGMA application_id");
    int64_t tables = pragma(store, "SELECT count(*) FROM sqlite_schema");
    if (version < 0 || application < 0 || tables < 0)
        return refuse_sqlite(store, opening);
    bool makes = !opening->options->reader && !opening->options->any_mode;
    if (version == 0 && application == 0 && tables == 0 && makes)
        return make_tables(store, opening);
    if (application != APPLICATION_ID)
        return refuse(opening, STORE_FOREIGN, "D005", NULL,
                      tr("the file is no store of yujing", "该文件不是预警存储"));
    if (version > migrate_version())
        return refuse(opening, STORE_FOREIGN, "D006",
                      tr("install the newer version again", "请重新安装较新的版本"),
                      tr("a newer yujing has written this store", "该存储由较新版本的预警写入"));
    if (version < migrate_version() && opening->options->reader)
        return refuse(opening, STORE_FOREIGN, "D008",
                      tr("start the daemon once, or run `yujing store upgrade`",
                         "请启动一次守护进程，或执行 yujing store upgrade"),
                      tr("an older yujing has written this store", "该存储由较旧版本的预警写入"));
    if (migrate(store, version) < 0 || carry_sums(store, opening) < 0)
        return refuse_sqlite(store, opening);
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
    if (opening->options->reader || opening->options->any_mode)
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

/* A process that was killed between writing and syncing leaves commits in the log that read like
 * any other and may still be lost with the power.  We are about to answer for what we read ("that
 * is recorded already"), so it is synced first; a checkpoint does that before anything else. */
static int confirm_log(struct store *store, const struct opening *opening)
{
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL)
        return 0;
    db_failed(store);
    return refuse_sqlite(store, opening);
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
    store->hasher = hasher_new();
    store->zone = options->zone;
    store->wal_pages_max = WAL_PAGES_MAX;
    int err = options->reader ? 0 : take_lock(store, &opening);
    if (err == 0)
        err = connect_file(store, &opening);
    if (err == 0)
        err = check_version(store, &opening);
    if (err == 0)
        err = check_mode(store, &opening);
    if (err == 0 && !options->reader)
        err = confirm_log(store, &opening);
    if (err < 0) {
        store_close(store);
        return err;
    }
    limit_size(store, options->bytes_max);
    *ret_store = store;
    return 0;
}

void store_shrink(struct store *store)
{
    sqlite3_db_release_memory(store->db);
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
    guard_free(store->guard);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    identity_free(store->identity);
    queue_free(store->queue);
    hasher_free(store->hasher);
    buf_release(&store->content);
    buf_release(&store->body);
    buf_release(&store->tx.noted);
    buf_release(&store->message);
    free(store->path);
    free(store);
}

/* Where the journal ends; 0 and zero bytes when it is empty. */
static int read_head(struct store_tx *tx)
{
    struct store *store = tx->store;
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT j.seq, j.arrival, j.chain, s.chain, s.place FROM journal j"
                          " LEFT JOIN seal s ON s.seq = j.seq"
                          " ORDER BY j.seq DESC, s.place DESC LIMIT 1");
    tx->arrival = INSTANT_NONE;
    tx->sealed = 0;
    int found = db_row(store, statement);
    if (found == 0)
        return link_retired(store, &tx->seq, tx->chain);
    if (found < 0)
        return found;
    tx->seq = sqlite3_column_int64(statement, 0);
    tx->arrival = sqlite3_column_int64(statement, 1);
    bool sealed = sqlite3_column_type(statement, 3) != SQLITE_NULL;
    int column = sealed ? 3 : 2;
    bool whole = sqlite3_column_bytes(statement, column) == HASH_BYTES;
    if (whole)
        memcpy(tx->chain, sqlite3_column_blob(statement, column), HASH_BYTES);
    if (sealed)
        tx->sealed = sqlite3_column_int64(statement, 4) + 1;
    sqlite3_reset(statement);
    return whole ? 0 : db_damaged_fact(store, tx->seq);
}

bool store_is_to_rest(const struct store *store)
{
    return store->wal_pages - store->wal_carried >= WAL_PAGES_RESTED;
}

/* Carries the log into the file.  A reader may keep part of it back. */
int store_rest(struct store *store)
{
    int pages = 0, carried = 0;
    int code =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &carried);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        return db_failed(store);
    store->wal_carried = pages;
    store->wal_due = pages > carried && pages >= store->wal_pages_max;
    return store->wal_due
               ? db_held_up(store, tr("a reader has been at work for so long that the store's log "
                                      "cannot be carried over; end it",
                                      "有读取方长时间占用，存储日志无法并入主文件；请结束该读取"))
               : 0;
}

int store_begin(struct store *store, instant_ms recorded, struct store_tx **ret_tx)
{
    struct store_tx *tx = &store->tx;
    assert(!tx->open);
    if ((store->wal_due && store_rest(store) < 0) ||
        db_run(store, db_prepare(store, "BEGIN IMMEDIATE")) < 0)
        return ERR_STORE;
    tx->open = true;
    tx->recorded = recorded;
    tx->anchor_asked = false;
    buf_clear(&tx->noted);
    if (!tx->knows_head && read_head(tx) < 0) {
        store_rollback(tx);
        return ERR_STORE;
    }
    *ret_tx = tx;
    return 0;
}

/* What a transaction owes before it may be committed. */
static int settle_accounts(struct store_tx *tx)
{
    struct identity *identity = tx->store->identity;
    int err = seal_flush(tx);
    if (err == 0)
        err = anchor_commit(tx);
    if (err == 0 && identity)
        err = identity_fold(identity, tx);
    return err;
}

int store_commit(struct store_tx *tx)
{
    assert(tx->open);
    struct store *store = tx->store;
    if (settle_accounts(tx) < 0 || db_run(store, db_prepare(store, "COMMIT")) < 0) {
        enum store_trouble trouble = store->trouble;
        store_rollback(tx);
        store->trouble = trouble;
        if (trouble == STORE_FULL)
            store->wal_due = true; /* the log may have room once it is carried */
        return ERR_STORE;
    }
    tx->open = false;
    tx->knows_head = true;
    if (store->identity)
        identity_settle(store->identity, true);
    anchor_settle(store);
    return 0;
}

/* Some failures have rolled back already; that is what is asked for, so it is no failure. */
void store_rollback(struct store_tx *tx)
{
    if (!tx || !tx->open)
        return;
    struct store *store = tx->store;
    for (int i = 0; i < store->statement_count; i++)
        sqlite3_reset(store->statements[i].statement);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (store->identity)
        identity_settle(store->identity, false);
    queue_free(store->queue);
    store->queue = NULL;
    store->anchored = false;
    tx->open = tx->knows_head = false;
}

enum store_trouble store_trouble(const struct store *store)
{
    return store->trouble;
}

const char *store_message(const struct store *store)
{
    return buf_str(&store->message);
}

void store_counted(const struct store *store, struct store_counts *ret_counts)
{
    guard_counts(store->guard, ret_counts);
}

const char *store_path(const struct store *store)
{
    return store->path;
}
