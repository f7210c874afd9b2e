/* The shadow's tables. */
#include "store/shadows.h"
#include "base/err.h"
#include "store/db.h"

static int drop_old(struct store_tx *tx)
{
    sqlite3_stmt *statement = db_prepare(tx->store, "DELETE FROM shadow_decision WHERE seq < ?1");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, tx->seq - SHADOW_FACTS_KEPT);
    return db_run(tx->store, statement);
}

int shadow_put(struct store_tx *tx, const struct shadow_row *row)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO shadow_decision (seq, number, policy, at, line)"
                              " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, tx->seq);
    sqlite3_bind_int(statement, 2, row->number);
    db_bind_text(statement, 3, row->policy);
    sqlite3_bind_int64(statement, 4, row->at);
    db_bind_text(statement, 5, row->line);
    int err = db_run(tx->store, statement);
    return err < 0 ? err : drop_old(tx);
}

int shadow_read(struct store *store, int64_t seq,
                int (*each)(void *arg, const struct shadow_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, number, policy, at, line FROM shadow_decision"
                          " WHERE seq > ?1 ORDER BY seq, number");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, seq);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        struct shadow_row row = {
            .seq = sqlite3_column_int64(statement, 0),
            .number = sqlite3_column_int(statement, 1),
            .policy = db_text(statement, 2),
            .at = sqlite3_column_int64(statement, 3),
            .line = db_text(statement, 4),
        };
        answer = each(arg, &row);
    }
    if (found >= 0)
        sqlite3_reset(statement);
    return found < 0 ? found : answer;
}

int shadow_save(struct store_tx *tx, const char *policy, const void *bytes, size_t size)
{
    unsigned char hash[HASH_BYTES];
    hash_of(bytes, size, hash);
    if (db_run(tx->store, db_prepare(tx->store, "DELETE FROM shadow_state")) < 0)
        return ERR_STORE;
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT INTO shadow_state (policy, seq, bytes, sha256) VALUES (?1, ?2, ?3, ?4)");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, policy);
    sqlite3_bind_int64(statement, 2, tx->seq);
    db_bind_blob(statement, 3, bytes, size);
    db_bind_blob(statement, 4, hash, HASH_BYTES);
    return db_run(tx->store, statement);
}

int shadow_load(struct store *store, const char *policy, int64_t *ret_seq,
                void (*each)(void *arg, const void *bytes, size_t size), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, bytes, sha256 FROM shadow_state WHERE policy = ?1");
    db_bind_text(statement, 1, policy);
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    const void *bytes = sqlite3_column_blob(statement, 1);
    size_t size = (size_t)sqlite3_column_bytes(statement, 1);
    unsigned char hash[HASH_BYTES];
    hash_of(bytes, size, hash);
    bool whole = db_is_hash(statement, 2, hash);
    if (whole) {
        *ret_seq = sqlite3_column_int64(statement, 0);
        each(arg, bytes, size);
    }
    sqlite3_reset(statement);
    return whole;
}

int shadow_clear(struct store_tx *tx)
{
    int err = db_run(tx->store, db_prepare(tx->store, "DELETE FROM shadow_decision"));
    return err < 0 ? err : db_run(tx->store, db_prepare(tx->store, "DELETE FROM shadow_state"));
}
