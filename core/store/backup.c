/* Copies of the store, page by page through SQLite, so that the log is in them. */
#include "store/backup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/guard.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_backup {
    struct store *store; /* copied from */
    char *path, *part;
    struct guard *guard; /* of the copy */
    sqlite3 *copy;
    sqlite3_backup *at;
    int64_t done, of;
    bool whole;
    char *trouble; /* why it is over */
};

static int refuse(const char *path, struct findings *findings, const char *code, const char *hint,
                  const char *message)
{
    findings_add(findings, SEV_ERROR, code, (struct place){.file = path}, hint, "%s", message);
    return ERR_STORE;
}

static int64_t size_of(const char *path, const char *suffix)
{
    struct stat info;
    char *name = xasprintf("%s%s", path, suffix);
    int64_t size = stat(name, &info) == 0 ? info.st_size : -1;
    free(name);
    return size;
}

/* A log that lay there would be taken for the new file's own; an empty one is what a reader leaves.
 */
static int check_free(const char *path, struct findings *findings)
{
    if (size_of(path, "") < 0 && size_of(path, "-wal") <= 0 && size_of(path, "-journal") <= 0)
        return 0;
    return refuse(
        path, findings, "D040",
        tr("move the old file away first, with its -wal", "请先移走旧文件及其 -wal 文件"),
        tr("there is a file already; nothing is overwritten", "目标文件已存在，不会覆盖"));
}

static void drop_part(struct store_backup *backup)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *name = xasprintf("%s%s", backup->part, suffixes[i]);
        unlink(name);
        free(name);
    }
}

static void close_copy(struct store_backup *backup)
{
    sqlite3_backup_finish(backup->at);
    backup->at = NULL;
    sqlite3_close(backup->copy);
    backup->copy = NULL;
    guard_free(backup->guard);
    backup->guard = NULL;
}

static void backup_free(struct store_backup *backup)
{
    close_copy(backup);
    free(backup->path);
    free(backup->part);
    free(backup->trouble);
    free(backup);
}

/* The copy is nobody's until it is proved, so it needs no care while it is written. */
static int open_copy(struct store_backup *backup)
{
    static const char setup[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    file_keep_private(backup->part);
    backup->guard = guard_new(&(struct guard_options){0});
    int code = sqlite3_open_v2(backup->part, &backup->copy, flags, guard_vfs(backup->guard));
    if (code == SQLITE_OK && guard_has_sums(backup->store->guard))
        guard_begin_sums(backup->guard, backup->copy, true);
    if (code == SQLITE_OK)
        code = sqlite3_exec(backup->copy, setup, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        backup->at = sqlite3_backup_init(backup->copy, "main", backup->store->db, "main");
    return backup->at ? 0 : ERR_STORE;
}

int store_backup_begin(struct store *store, const char *path, struct store_backup **ret_backup,
                       struct findings *findings)
{
    if (check_free(path, findings) < 0)
        return ERR_STORE;
    struct store_backup *backup = xcalloc(1, sizeof *backup);
    *backup = (struct store_backup){
        .store = store, .path = xstrdup(path), .part = xasprintf("%s.part", path)};
    drop_part(backup);
    if (open_copy(backup) < 0) {
        refuse(path, findings, "D041", NULL, sqlite3_errmsg(backup->copy));
        backup_free(backup);
        return ERR_STORE;
    }
    *ret_backup = backup;
    return 0;
}

/* SQLite locks the file for each step only; being locked out for one is no failure. */
int store_backup_step(struct store_backup *backup, int pages)
{
    if (backup->whole || backup->trouble)
        return backup->whole ? 0 : ERR_STORE;
    int code = sqlite3_backup_step(backup->at, pages);
    backup->of = sqlite3_backup_pagecount(backup->at);
    backup->done = backup->of - sqlite3_backup_remaining(backup->at);
    if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return 1;
    if (code == SQLITE_DONE) {
        close_copy(backup);
        backup->whole = true;
        return 0;
    }
    db_failed_with(backup->store,
                   guard_bad_page(backup->store->guard) > 0 ? SQLITE_IOERR_DATA : code);
    backup->trouble = xstrdup(store_message(backup->store));
    return ERR_STORE;
}

/* ---- proving ---------------------------------------------------------------- */

static int prove(const char *path, struct audit_report *ret_report, struct findings *findings)
{
    struct store *copy;
    enum store_trouble trouble;
    struct store_options options = {.reader = true, .audit = true};
    int err = store_open(&copy, path, &options, &trouble, findings);
    if (err < 0)
        return err;
    err = audit_verify(copy, &(struct audit_options){0}, ret_report, findings);
    if (err < 0)
        refuse(path, findings, "D003", NULL, store_message(copy));
    store_close(copy);
    return err == 0 ? 0 : ERR_STORE;
}

static int put_in_place(const struct store_backup *backup, struct findings *findings)
{
    int error = file_put_in_place(backup->part, backup->path);
    return error == 0 ? 0 : refuse(backup->path, findings, "D041", NULL, file_trouble(error));
}

int store_backup_finish(struct store_backup *backup, struct audit_report *ret_report,
                        struct findings *findings)
{
    int err = ERR_STORE;
    close_copy(backup);
    if (backup->whole)
        err = prove(backup->part, ret_report, findings);
    else
        refuse(backup->path, findings, "D041", NULL,
               backup->trouble ? backup->trouble
                               : tr("the copy was given up half way", "备份中途放弃"));
    if (err == 0)
        err = put_in_place(backup, findings);
    drop_part(backup);
    backup_free(backup);
    return err;
}

/* ---- from one file to another --------------------------------------------------- */

static int copy_steps(struct store_backup *backup,
                      void (*progress)(void *arg, int64_t done, int64_t of), void *arg)
{
    int more;
    while ((more = store_backup_step(backup, BACKUP_STEP_PAGES)) == 1) {
        if (progress)
            progress(arg, backup->done, backup->of);
    }
    return more;
}

/* One read transaction holds the moment fast, or each commit of a daemon would begin the copy anew.
 */
int store_copy(const char *from, const char *to,
               void (*progress)(void *arg, int64_t done, int64_t of), void *arg,
               struct audit_report *ret_report, struct findings *findings)
{
    struct store *store;
    struct store_backup *backup = NULL;
    enum store_trouble trouble;
    struct store_options options = {.reader = true};
    int err = store_open(&store, from, &options, &trouble, findings);
    if (err < 0)
        return err;
    err = db_exec(store, "BEGIN; SELECT count(*) FROM meta");
    if (err < 0)
        refuse(from, findings, "D003", NULL, store_message(store));
    else
        err = store_backup_begin(store, to, &backup, findings);
    if (err == 0) {
        copy_steps(backup, progress, arg);
        err = store_backup_finish(backup, ret_report, findings);
    }
    store_close(store);
    return err;
}
