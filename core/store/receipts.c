/* Receipts in and out of their table. */
#include "store/receipts.h"
#include "store/db.h"

int receipt_put(struct store_tx *tx, const struct receipt_row *row)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO receipt (letter, kind, at, seq, channel, by, reason)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, row->letter);
    sqlite3_bind_int(statement, 2, row->kind);
    sqlite3_bind_int64(statement, 3, row->at);
    sqlite3_bind_int64(statement, 4, tx->seq);
    db_bind_text(statement, 5, row->channel);
    db_bind_text(statement, 6, row->by);
    db_bind_text(statement, 7, row->reason);
    int err = db_run(tx->store, statement);
    return err < 0 ? err : sqlite3_changes(tx->store->db) == 0;
}

int receipts_of(struct store *store, const char *letter,
                int (*each)(void *arg, const struct receipt_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT letter, kind, at, seq, channel, by, reason FROM receipt"
                          " WHERE letter = ?1 ORDER BY kind");
    db_bind_text(statement, 1, letter);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        struct receipt_row row = {
            .letter = db_text(statement, 0),
            .kind = (enum receipt_kind)sqlite3_column_int(statement, 1),
            .at = sqlite3_column_int64(statement, 2),
            .seq = sqlite3_column_int64(statement, 3),
            .channel = db_text(statement, 4),
            .by = db_text(statement, 5),
            .reason = db_text(statement, 6),
        };
        answer = each(arg, &row);
    }
    if (found >= 0)
        sqlite3_reset(statement);
    return found < 0 ? found : answer;
}

int receipt_state(struct store *store, const char *letter, int *ret_kind)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT coalesce(max(kind), -1) FROM receipt WHERE letter = ?1");
    db_bind_text(statement, 1, letter);
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    *ret_kind = sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    return 0;
}
