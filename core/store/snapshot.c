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
    const void *bytes = sqlite3_column_blob(statement, 2);
    size_t size = (size_t)sqlite3_column_bytes(statement, 2);
    if (!bytes && size > 0)
        return false;
    hash_of(bytes, size, hash);
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

/* 1: the newest below; 0: none is there, or a damaged page hides what is. */
static int find_newest(struct store *store, int64_t before, int64_t *ret_seq)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq FROM snapshot WHERE seq < ?1 ORDER BY seq DESC LIMIT 1");
    sqlite3_bind_int64(statement, 1, before);
    int err = db_number(store, statement, ret_seq);
    if (err == 0)
        return 1;
    return err == ERR_NOT_FOUND || db_is_damage(store) ? 0 : err;
}

/* 1: read; 0: it is damaged. */
static int read_one(struct store *store, int64_t seq, struct snapshot *ret)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, bundle, bytes, sha256 FROM snapshot WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, seq);
    int found = db_row(store, statement);
    if (found < 0)
        return db_is_damage(store) ? 0 : found;
    if (found == 1 && whole(statement))
        copy_row(statement, ret);
    else
        found = 0;
    sqlite3_reset(statement);
    return found;
}

/* A damaged snapshot is no reason to stop: the one before leads to the same state, and the journal
 * does, more slowly. */
int snapshot_newest(struct store *store, int64_t before, struct snapshot *ret_snapshot)
{
    int found;
    int64_t seq = before;
    while ((found = find_newest(store, seq, &seq)) == 1) {
        int read = read_one(store, seq, ret_snapshot);
        if (read != 0)
            return read < 0 ? read : 0;
    }
    return found < 0 ? found : ERR_NOT_FOUND;
}

void snapshot_release(struct snapshot *snapshot)
{
    free(snapshot->bytes);
    *snapshot = (struct snapshot){0};
}
