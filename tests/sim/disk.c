/* Files as two images and the writes between them. */
#include "disk.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 16, REGIONS_MAX = 64, SECTOR = 512, NAME_MAX_BYTES = 256 };

struct image {
    unsigned char *bytes;
    int64_t size, capacity;
};
struct pending { /* a write, or a truncation (bytes NULL, offset: the new size) */
    unsigned char *bytes;
    int64_t offset, size;
};
struct file {
    char *name; /* NULL: the slot is free */
    struct image seen, platter;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    void *regions[REGIONS_MAX]; /* shared memory, gone with the process */
};
struct disk {
    sqlite3_vfs vfs;
    struct rng rng;
    struct file files[FILES_MAX];
    int die_in, fail_write_in, fail_sync_in, no_room;
    bool dead, skip_syncs;
    struct disk_counts counts;
};
struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct file *file;
    bool temporary;
};

/* ---- images -------------------------------------------------------------------------- */

static void image_write(struct image *image, const void *bytes, int64_t size, int64_t offset)
{
    int64_t end = offset + size;
    if (end > image->capacity) {
        image->capacity = end * 2 > 65536 ? end * 2 : 65536;
        image->bytes = xrealloc(image->bytes, (size_t)image->capacity);
    }
    if (offset > image->size)
        memset(image->bytes + image->size, 0, (size_t)(offset - image->size));
    memcpy(image->bytes + offset, bytes, (size_t)size);
    image->size = end > image->size ? end : image->size;
}

static void image_apply(struct image *image, const struct pending *pending)
{
    if (pending->bytes)
        image_write(image, pending->bytes, pending->size, pending->offset);
    else if (pending->offset < image->size)
        image->size = pending->offset;
}

static void image_copy(struct image *to, const struct image *from)
{
    to->size = 0;
    if (from->size > 0)
        image_write(to, from->bytes, from->size, 0);
}

static void file_forget(struct file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        free(file->pending[i].bytes);
    file->pending_count = 0;
}

static void file_sync(struct file *file)
{
    for (size_t i = 0; i < file->pending_count; i++)
        image_apply(&file->platter, &file->pending[i]);
    file_forget(file);
}

static void add_pending(struct file *file, const void *bytes, int64_t size, int64_t offset)
{
    void *items = file->pending;
    xgrow(&items, file->pending_count, &file->pending_capacity, sizeof *file->pending);
    file->pending = items;
    struct pending pending = {.offset = offset, .size = size};
    if (bytes) {
        pending.bytes = xmalloc((size_t)size + 1);
        memcpy(pending.bytes, bytes, (size_t)size);
    }
    file->pending[file->pending_count++] = pending;
}

static void file_remove(struct file *file)
{
    file_forget(file);
    for (int i = 0; i < REGIONS_MAX; i++)
        free(file->regions[i]);
    free(file->seen.bytes);
    free(file->platter.bytes);
    free(file->pending);
    free(file->name);
    *file = (struct file){0};
}

static struct file *file_named(struct disk *disk, const char *name, bool make)
{
    struct file *room = NULL;
    for (int i = 0; i < FILES_MAX; i++) {
        if (str_equal(disk->files[i].name, name))
            return &disk->files[i];
        if (!disk->files[i].name && !room)
            room = &disk->files[i];
    }
    if (!make || !room)
        return NULL;
    room->name = xstrdup(name);
    return room;
}

/* ---- faults -------------------------------------------------------------------------- */

/* Whether the process is dead; it may just have died here. */
static bool dies(struct disk *disk)
{
    if (!disk->dead && disk->die_in >= 0 && disk->die_in-- == 0) {
        disk->dead = true;
        disk->counts.died++;
    }
    return disk->dead;
}

static bool fires(int *countdown)
{
    return *countdown >= 0 && (*countdown)-- == 0;
}

/* Half of a write's sectors, from the front or from the back: what reached the platter. */
static void tear(struct disk *disk, struct file *file, struct pending *pending)
{
    int64_t sectors = pending->size / SECTOR;
    int64_t kept = sectors > 1 ? rng_between(&disk->rng, 1, sectors - 1) * SECTOR : 0;
    struct pending part = *pending;
    if (rng_chance(&disk->rng, 50)) {
        part.bytes += kept;
        part.offset += kept;
        part.size -= kept;
    } else {
        part.size = kept;
    }
    if (part.size > 0)
        image_apply(&file->platter, &part);
    disk->counts.torn++;
}

static void lose_power(struct disk *disk, struct file *file)
{
    for (size_t i = 0; i < file->pending_count; i++) {
        struct pending *pending = &file->pending[i];
        int64_t fate = rng_below(&disk->rng, 4);
        if (fate == 0 && pending->bytes)
            tear(disk, file, pending);
        else if (fate <= 1)
            image_apply(&file->platter, pending);
        else
            disk->counts.lost++;
    }
    file_forget(file);
    image_copy(&file->seen, &file->platter);
}

/* ---- files --------------------------------------------------------------------------- */

static struct handle *of(sqlite3_file *file)
{
    return (struct handle *)file;
}

static int vfs_close(sqlite3_file *file)
{
    if (of(file)->temporary)
        file_remove(of(file)->file);
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    const struct image *seen = &of(file)->file->seen;
    if (of(file)->disk->dead)
        return SQLITE_IOERR_READ;
    int64_t have = seen->size - offset;
    have = have < 0 ? 0 : have > size ? size : have;
    if (have > 0)
        memcpy(bytes, seen->bytes + offset, (size_t)have);
    memset((char *)bytes + have, 0, (size_t)(size - have));
    return have == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct disk *disk = of(file)->disk;
    struct file *own = of(file)->file;
    if (disk->dead)
        return SQLITE_IOERR_WRITE;
    if (disk->no_room > 0) {
        disk->no_room--;
        disk->counts.full++;
        return SQLITE_FULL;
    }
    if (fires(&disk->fail_write_in)) {
        disk->counts.bad_writes++;
        return SQLITE_IOERR_WRITE;
    }
    disk->counts.writes++;
    image_write(&own->seen, bytes, size, offset);
    add_pending(own, bytes, size, offset);
    return dies(disk) ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct file *own = of(file)->file;
    if (dies(of(file)->disk))
        return SQLITE_IOERR_TRUNCATE;
    own->seen.size = size < own->seen.size ? size : own->seen.size;
    add_pending(own, NULL, 0, size);
    return SQLITE_OK;
}

/* What a failed sync was to write is never written; a reader goes on seeing it. */
static int vfs_sync(sqlite3_file *file, int flags)
{
    struct disk *disk = of(file)->disk;
    (void)flags;
    if (dies(disk))
        return SQLITE_IOERR_FSYNC;
    if (fires(&disk->fail_sync_in)) {
        disk->counts.bad_syncs++;
        file_forget(of(file)->file);
        return SQLITE_IOERR_FSYNC;
    }
    disk->counts.syncs++;
    if (!disk->skip_syncs)
        file_sync(of(file)->file);
    return SQLITE_OK;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    *ret_size = of(file)->file->seen.size;
    return of(file)->disk->dead ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int vfs_check_lock(sqlite3_file *file, int *ret_reserved)
{
    (void)file;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int what, void *arg)
{
    (void)file, (void)what, (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as SQLite assumes of Linux */
}

static int vfs_shm_map(sqlite3_file *file, int region, int size, int extend,
                       void volatile **ret_memory)
{
    struct file *own = of(file)->file;
    if (region >= REGIONS_MAX)
        return SQLITE_IOERR_SHMMAP;
    if (!own->regions[region] && extend)
        own->regions[region] = xcalloc(1, (size_t)size);
    *ret_memory = own->regions[region];
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    (void)file, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static void drop_regions(struct file *file)
{
    for (int i = 0; i < REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static int vfs_shm_unmap(sqlite3_file *file, int forget)
{
    if (forget)
        drop_regions(of(file)->file);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_lock,
    .xCheckReservedLock = vfs_check_lock,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector,
    .xDeviceCharacteristics = vfs_traits,
    .xShmMap = vfs_shm_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_shm_barrier,
    .xShmUnmap = vfs_shm_unmap,
};

/* ---- the VFS ------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    static int temporaries;
    struct disk *disk = vfs->pAppData;
    char own_name[32];
    sqlite3_snprintf(sizeof own_name, own_name, "temporary %d", temporaries++);
    struct handle *handle = of(file);
    bool make = !name || (flags & SQLITE_OPEN_CREATE);
    *handle = (struct handle){.disk = disk, .temporary = !name};
    handle->file = disk->dead ? NULL : file_named(disk, name ? name : own_name, make);
    if (!handle->file)
        return SQLITE_CANTOPEN;
    handle->base.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk *disk = vfs->pAppData;
    (void)sync;
    if (dies(disk))
        return SQLITE_IOERR_DELETE;
    struct file *file = file_named(disk, name, false);
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    file_remove(file);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_answer)
{
    (void)flags;
    const struct file *file = file_named(vfs->pAppData, name, false);
    *ret_answer = file && file->seen.size > 0;
    return SQLITE_OK;
}

static int vfs_full(sqlite3_vfs *vfs, const char *name, int size, char *ret_path)
{
    (void)vfs;
    sqlite3_snprintf(size, ret_path, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *ret_bytes)
{
    struct disk *disk = vfs->pAppData;
    for (int i = 0; i < size; i++)
        ret_bytes[i] = (char)rng_next(&disk->rng);
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_days)
{
    (void)vfs;
    *ret_days = 2457000;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
    (void)vfs, (void)size, (void)ret_text;
    return 0;
}

/* ---- for the simulation -------------------------------------------------------------- */

struct disk *disk_new(uint64_t seed)
{
    struct disk *disk = xcalloc(1, sizeof *disk);
    sqlite3_initialize();
    disk->rng = rng_stream(seed, 7);
    disk->die_in = disk->fail_write_in = disk->fail_sync_in = -1;
    disk->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = NAME_MAX_BYTES,
        .zName = "sim-disk",
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    sqlite3_vfs_register(&disk->vfs, 1);
    return disk;
}

void disk_free(struct disk *disk)
{
    sqlite3_vfs_unregister(&disk->vfs);
    for (int i = 0; i < FILES_MAX; i++)
        if (disk->files[i].name)
            file_remove(&disk->files[i]);
    free(disk);
}

void disk_die_in(struct disk *disk, int operations)
{
    disk->die_in = operations;
}

void disk_kill(struct disk *disk)
{
    disk->dead = true;
}

bool disk_is_full(const struct disk *disk)
{
    return disk->no_room > 0;
}

bool disk_is_dead(const struct disk *disk)
{
    return disk->dead;
}

void disk_restart(struct disk *disk, bool power)
{
    disk->dead = false;
    disk->die_in = disk->fail_write_in = disk->fail_sync_in = -1;
    for (int i = 0; i < FILES_MAX; i++) {
        if (!disk->files[i].name)
            continue;
        drop_regions(&disk->files[i]);
        if (power)
            lose_power(disk, &disk->files[i]);
    }
}

void disk_fill(struct disk *disk, int writes)
{
    disk->no_room = writes;
}

void disk_fail_write_in(struct disk *disk, int writes)
{
    disk->fail_write_in = writes;
}

void disk_fail_sync_in(struct disk *disk, int syncs)
{
    disk->fail_sync_in = syncs;
}

void disk_skip_syncs(struct disk *disk, bool skip)
{
    disk->skip_syncs = skip;
}

const struct disk_counts *disk_counts(const struct disk *disk)
{
    return &disk->counts;
}
