/* Snapshots in and out of their table. */
#include "store/snapshot.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "store/db.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int insert(struct store_tx *tx, const char *bundle, const void *bytes, size_t size)
{
    unsigned char hash[HASH_BYTES];
    hash_of(bytes, size, hash);
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT OR REPLACE INTO snapshot (seq, bundle, bytes, sha256, recorded)"
                   " VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_bind_int64(statement, 1, tx->seq);
    db_bind_text(statement, 2, bundle);
    db_bind_blob(statement, 3, bytes, size);
    db_bind_blob(statement, 4, hash, sizeof hash);
    sqlite3_bind_int64(statement, 5, tx->recorded);
    return db_run(tx->store, statement);
}

int snapshot_put(struct store_tx *tx, const char *bundle, const void *bytes, size_t size)
{
    assert(tx->open && tx->seq > 0);
    int err = insert(tx, bundle, bytes, size);
    if (err < 0)
        return err;
    sqlite3_stmt *statement =
        db_prepare(tx->store, "DELETE FROM snapshot WHERE seq NOT IN"
                              " (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?1)");
    sqlite3_bind_int(statement, 1, SNAPSHOTS_KEPT);
    return db_run(tx->store, statement);
}

static bool whole(sqlite3_stmt *statement)
{
    unsigned char hash[HASH_BYTES];
    size_t size = (size_t)sqlite3_column_bytes(statement, 2);
    hash_of(size > 0 ? sqlite3_column_blob(statement, 2) : "", size, hash);
    return db_is_hash(statement, 3, hash) && sqlite3_column_bytes(statement, 1) < HASH_HEX;
}

static void copy_row(sqlite3_stmt *statement, struct snapshot *ret)
{
    ret->seq = sqlite3_column_int64(statement, 0);
    snprintf(ret->bundle, sizeof ret->bundle, "%s", db_text(statement, 1));
    ret->size = (size_t)sqlite3_column_bytes(statement, 2);
    ret->bytes = xmalloc(ret->size + 1);
    if (ret->size > 0)
        memcpy(ret->bytes, sqlite3_column_blob(statement, 2), ret->size);
}

int snapshot_newest(struct store *store, int64_t before, struct snapshot *ret_snapshot)
{
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT seq, bundle, bytes, sha256 FROM snapshot WHERE seq < ?1 ORDER BY seq DESC");
    sqlite3_bind_int64(statement, 1, before);
    int found;
    while ((found = db_row(store, statement)) == 1 && !whole(statement))
        continue;
    if (found <= 0)
        return found < 0 ? found : ERR_NOT_FOUND;
    copy_row(statement, ret_snapshot);
    sqlite3_reset(statement);
    return 0;
}

void snapshot_release(struct snapshot *snapshot)
{
    free(snapshot->bytes);
    *snapshot = (struct snapshot){0};
}
