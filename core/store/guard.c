/* SQLite calls us as its VFS, and we call the one below.
 *
 * A page's sum is put in when the page is written to the file, which with a WAL happens at
 * checkpoints only, and checked when it is read from there.  Pages in the WAL have SQLite's own
 * sums until then.  The function is a bijection of each word of the page for all others fixed, so
 * any damage within one word is found for certain, and other damage with all but 2^-64.
 *
 * SQLite writes the log frame by frame, a header and a page each; a commit of twenty pages would be
 * forty calls.  What follows directly on what was written before is held and written as one piece:
 * before the log is synced, before anything of it is read, and before another connection can learn
 * that it is there. */
#include "store/guard.h"
#include "base/xalloc.h"
#include "store/db.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_BYTES_MAX = 65536,
    HEADER_BYTES = 100,
    RESERVED_AT = 20,
    HELD_BYTES_MAX = 112 << 10, /* SQLite's own VFS takes less than 128 KiB in one write */
};

struct guard_file;
/* Of the log: written by SQLite, not by us yet. */
struct held {
    struct guard_file *log; /* NULL: it is not open */
    unsigned char *bytes;
    size_t size;
    sqlite3_int64 at;
};

struct guard {
    sqlite3_vfs vfs, *below;
    char name[40];
    struct guard_options options;
    bool sums;   /* of this file: its header says so, or we have begun it */
    bool broken; /* a write or an fsync failed */
    const char *failed;
    int64_t bad_page, pages_bad;
    struct store_counts counts;
    const char *writer; /* `thread_mark` of the thread that wrote last */
    struct held held;
    unsigned char page[PAGE_BYTES_MAX]; /* a page with its sum, on its way to the file */
};
enum file_kind { FILE_MAIN, FILE_LOG, FILE_OTHER };
struct guard_file {
    sqlite3_file base;
    struct guard *guard;
    enum file_kind kind;
    sqlite3_file *below;
};

/* ---- sums -------------------------------------------------------------------- */

static uint64_t turn(uint64_t value)
{
    return value << 31 | value >> 33;
}

static uint64_t sum_of(const unsigned char *page, size_t size, int64_t number)
{
    uint64_t lanes[4] = {(uint64_t)number, 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u, size};
    size_t words = (size - GUARD_SUM_BYTES) / 8;
    for (size_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, page + 8 * i, 8);
        lanes[i & 3] = turn(lanes[i & 3] ^ word * 0xa0761d6478bd642fu) * 0xe7037ed1a0b428dbu;
    }
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum = turn(sum ^ lanes[i]) * 0x8ebc6af09c88c6e3u;
    return sum;
}

static bool is_page(const struct guard_file *file, int size, sqlite3_int64 offset)
{
    return file->kind == FILE_MAIN && size >= 512 && size <= PAGE_BYTES_MAX &&
           (size & (size - 1)) == 0 && offset % size == 0;
}

static bool sum_fits(const unsigned char *page, int size, sqlite3_int64 offset)
{
    uint64_t kept, sum = sum_of(page, (size_t)size, offset / size + 1);
    memcpy(&kept, page + size - GUARD_SUM_BYTES, sizeof kept);
    return kept == sum;
}

/* The file's header, which is the beginning of page 1, says whether there is room for sums. */
static void learn(struct guard_file *file, const unsigned char *bytes, int size,
                  sqlite3_int64 offset)
{
    static const char magic[16] = "SQLite format 3";
    if (file->kind == FILE_MAIN && offset == 0 && size >= HEADER_BYTES &&
        memcmp(bytes, magic, sizeof magic) == 0)
        file->guard->sums = bytes[RESERVED_AT] == GUARD_SUM_BYTES;
}

/* ---- files ------------------------------------------------------------------- */

static struct guard_file *of(sqlite3_file *file)
{
    return (struct guard_file *)file;
}

/* Nothing follows a failure: what the disk holds is no longer known.  That it is full is not one.
 */
static int note_failure(struct guard *guard, int code, const char *operation)
{
    if (code == SQLITE_OK || code == SQLITE_FULL || guard->broken)
        return code;
    guard->broken = true;
    guard->failed = operation;
    return code;
}

/* ---- what is held ------------------------------------------------------------- */

static int write_held(struct guard *guard)
{
    struct held *held = &guard->held;
    if (held->size == 0)
        return SQLITE_OK;
    sqlite3_file *below = held->log->below;
    int size = (int)held->size;
    held->size = 0; /* also when it fails: SQLite is told, and takes the transaction back */
    return note_failure(guard, below->pMethods->xWrite(below, held->bytes, size, held->at),
                        "write");
}

static int write_held_of(struct guard_file *file)
{
    return file->kind == FILE_LOG ? write_held(file->guard) : SQLITE_OK;
}

static int hold(struct guard_file *log, const void *bytes, int size, sqlite3_int64 offset)
{
    struct held *held = &log->guard->held;
    bool follows = held->size > 0 && offset == held->at + (sqlite3_int64)held->size &&
                   held->size + (size_t)size <= HELD_BYTES_MAX;
    int code = follows ? SQLITE_OK : write_held(log->guard);
    if (code != SQLITE_OK)
        return code;
    if (!follows)
        held->at = offset;
    if (!held->bytes)
        held->bytes = xmalloc(HELD_BYTES_MAX);
    memcpy(held->bytes + held->size, bytes, (size_t)size);
    held->size += (size_t)size;
    return SQLITE_OK;
}

/* ---- the methods ---------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    struct guard_file *our = of(file);
    int code = write_held_of(our);
    if (our->guard->held.log == our)
        our->guard->held.log = NULL;
    int closed = our->below->pMethods->xClose(our->below);
    return code != SQLITE_OK ? code : closed;
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    struct guard_file *our = of(file);
    struct guard *guard = our->guard;
    int code = write_held_of(our);
    if (code == SQLITE_OK)
        code = our->below->pMethods->xRead(our->below, bytes, size, offset);
    if (code != SQLITE_OK)
        return code;
    learn(our, bytes, size, offset);
    if (!guard->sums || !is_page(our, size, offset) || sum_fits(bytes, size, offset))
        return SQLITE_OK;
    guard->pages_bad++;
    if (guard->bad_page == 0)
        guard->bad_page = offset / size + 1;
    return guard->options.lenient ? SQLITE_OK : SQLITE_IOERR_DATA;
}

/* Each thread has its own, so its address tells them apart. */
static _Thread_local char thread_mark;

static void count_writer(struct guard *guard)
{
    if (guard->writer != &thread_mark)
        guard->counts.writers++;
    guard->writer = &thread_mark;
}

static const void *with_sum(struct guard_file *file, const void *bytes, int size,
                            sqlite3_int64 offset)
{
    struct guard *guard = file->guard;
    if (!guard->sums || !is_page(file, size, offset))
        return bytes;
    memcpy(guard->page, bytes, (size_t)size);
    uint64_t sum = sum_of(guard->page, (size_t)size, offset / size + 1);
    memcpy(guard->page + size - GUARD_SUM_BYTES, &sum, sizeof sum);
    return guard->page;
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct guard_file *our = of(file);
    struct guard *guard = our->guard;
    if (our->kind != FILE_OTHER) {
        if (guard->options.reader)
            return SQLITE_READONLY;
        if (guard->broken)
            return SQLITE_IOERR_WRITE;
        count_writer(guard);
        guard->counts.writes++;
    }
    if (our->kind == FILE_LOG && our == guard->held.log && size <= PAGE_BYTES_MAX)
        return hold(our, bytes, size, offset);
    learn(our, bytes, size, offset);
    const void *page = with_sum(our, bytes, size, offset);
    int code = our->below->pMethods->xWrite(our->below, page, size, offset);
    return our->kind == FILE_OTHER ? code : note_failure(guard, code, "write");
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct guard_file *our = of(file);
    if (our->kind != FILE_OTHER && our->guard->broken)
        return SQLITE_IOERR_TRUNCATE;
    int code = write_held_of(our);
    return code != SQLITE_OK ? code : our->below->pMethods->xTruncate(our->below, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct guard_file *our = of(file);
    if (our->kind == FILE_OTHER)
        return our->below->pMethods->xSync(our->below, flags);
    if (our->guard->broken)
        return SQLITE_IOERR_FSYNC;
    int code = write_held(our->guard);
    if (code != SQLITE_OK)
        return code;
    our->guard->counts.syncs++;
    return note_failure(our->guard, our->below->pMethods->xSync(our->below, flags), "fsync");
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    int code = write_held_of(of(file));
    return code != SQLITE_OK ? code
                             : of(file)->below->pMethods->xFileSize(of(file)->below, ret_size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return of(file)->below->pMethods->xLock(of(file)->below, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return of(file)->below->pMethods->xUnlock(of(file)->below, level);
}

static int file_check_lock(sqlite3_file *file, int *ret_reserved)
{
    return of(file)->below->pMethods->xCheckReservedLock(of(file)->below, ret_reserved);
}

static int file_control(sqlite3_file *file, int what, void *arg)
{
    return of(file)->below->pMethods->xFileControl(of(file)->below, what, arg);
}

static int file_sector(sqlite3_file *file)
{
    return of(file)->below->pMethods->xSectorSize(of(file)->below);
}

static int file_traits(sqlite3_file *file)
{
    return of(file)->below->pMethods->xDeviceCharacteristics(of(file)->below);
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **ret_memory)
{
    return of(file)->below->pMethods->xShmMap(of(file)->below, region, size, extend, ret_memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return of(file)->below->pMethods->xShmLock(of(file)->below, offset, count, flags);
}

/* With this a commit becomes visible to other connections.  It was synced before; where it was not,
 * what it says is in the file at least. */
static void file_shm_barrier(sqlite3_file *file)
{
    write_held(of(file)->guard);
    of(file)->below->pMethods->xShmBarrier(of(file)->below);
}

static int file_shm_unmap(sqlite3_file *file, int forget)
{
    return of(file)->below->pMethods->xShmUnmap(of(file)->below, forget);
}

/* Version 2: without memory mapping, which would go past us. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ------------------------------------------------------------------ */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct guard *guard = vfs->pAppData;
    struct guard_file *our = of(file);
    our->guard = guard;
    our->below = (sqlite3_file *)(our + 1);
    our->kind = flags & SQLITE_OPEN_MAIN_DB ? FILE_MAIN
                : flags & SQLITE_OPEN_WAL   ? FILE_LOG
                                            : FILE_OTHER;
    int code = guard->below->xOpen(guard->below, name, our->below, flags, ret_flags);
    our->base.pMethods = code == SQLITE_OK ? &methods : NULL;
    if (code == SQLITE_OK && our->kind == FILE_LOG && !guard->held.log)
        guard->held.log = our;
    return code;
}

/* Everything but opening is the VFS below's own, called with itself. */
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xDelete(guard->below, name, sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_answer)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xAccess(guard->below, name, flags, ret_answer);
}

static int vfs_full(sqlite3_vfs *vfs, const char *name, int size, char *ret_path)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xFullPathname(guard->below, name, size, ret_path);
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *ret_bytes)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xRandomness(guard->below, size, ret_bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xSleep(guard->below, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_days)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xCurrentTime(guard->below, ret_days);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
    const struct guard *guard = vfs->pAppData;
    return guard->below->xGetLastError(guard->below, size, ret_text);
}

/* SQLite's own count of its memory costs a lock at each allocation, and nobody asks for it. */
static void begin_sqlite(void)
{
    static atomic_flag begun = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&begun))
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

struct guard *guard_new(const struct guard_options *options)
{
    begin_sqlite();
    sqlite3_vfs *below = sqlite3_vfs_find(NULL);
    assert(below);
    struct guard *guard = xcalloc(1, sizeof *guard);
    guard->below = below;
    guard->options = *options;
    snprintf(guard->name, sizeof guard->name, "guard-%p", (void *)guard);
    guard->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct guard_file) + below->szOsFile,
        .mxPathname = below->mxPathname,
        .zName = guard->name,
        .pAppData = guard,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    int code = sqlite3_vfs_register(&guard->vfs, 0);
    assert(code == SQLITE_OK);
    (void)code;
    return guard;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    sqlite3_vfs_unregister(&guard->vfs);
    free(guard->held.bytes);
    free(guard);
}

const char *guard_vfs(const struct guard *guard)
{
    return guard->name;
}

/* A checkpoint writes page 1 first; from there the guard learns that the others want sums. */
void guard_begin_sums(struct guard *guard, sqlite3 *db, bool fresh)
{
    int bytes = GUARD_SUM_BYTES;
    guard->sums |= fresh;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

bool guard_has_sums(const struct guard *guard)
{
    return guard->sums;
}

int64_t guard_bad_page(const struct guard *guard)
{
    return guard->bad_page;
}

int64_t guard_pages_bad(const struct guard *guard)
{
    return guard->pages_bad;
}

const char *guard_failed(const struct guard *guard)
{
    return guard->failed;
}

void guard_counts(const struct guard *guard, struct store_counts *ret_counts)
{
    *ret_counts = guard->counts;
}
