/* Decisions in and out of their table. */
#include "store/ledger.h"
#include "base/err.h"
#include "store/db.h"
#include "store/seal.h"
#include <assert.h>

int ledger_put(struct store_tx *tx, const struct ledger_row *row)
{
    assert(tx->open);
    sqlite3_stmt *statement = db_prepare(
        tx->store,
        "INSERT INTO decision (seq, number, at, kind, rule, episode, level, order_id, line,"
        " text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    sqlite3_bind_int64(statement, 1, row->seq);
    sqlite3_bind_int(statement, 2, row->number);
    sqlite3_bind_int64(statement, 3, row->at);
    db_bind_text(statement, 4, row->kind);
    db_bind_text(statement, 5, row->rule);
    db_bind_text(statement, 6, row->episode);
    db_bind_text(statement, 7, row->level);
    db_bind_text(statement, 8, row->order);
    db_bind_text(statement, 9, row->line);
    db_bind_text(statement, 10, row->text);
    int err = db_run(tx->store, statement);
    if (err == 0)
        seal_note_decision(tx, row->seq, row->number);
    return err;
}

static int read_rows(struct store *store, sqlite3_stmt *statement,
                     int (*each)(void *arg, const struct ledger_row *row), void *arg)
{
    int found, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) != 0) {
        if (found < 0)
            return found;
        struct ledger_row row = {
            .seq = sqlite3_column_int64(statement, 0),
            .number = sqlite3_column_int(statement, 1),
            .at = sqlite3_column_int64(statement, 2),
            .kind = db_text(statement, 3),
            .rule = db_text(statement, 4),
            .episode = db_text(statement, 5),
            .level = db_text(statement, 6),
            .order = db_text(statement, 7),
            .line = db_text(statement, 8),
            .text = db_text(statement, 9),
        };
        answer = each(arg, &row);
    }
    sqlite3_reset(statement);
    return answer;
}

#define LEDGER_COLUMNS "SELECT seq, number, at, kind, rule, episode, level, order_id, line, text"

int ledger_read(struct store *store, int64_t seq,
                int (*each)(void *arg, const struct ledger_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, LEDGER_COLUMNS " FROM decision WHERE seq > ?1 ORDER BY seq, number");
    sqlite3_bind_int64(statement, 1, seq);
    return read_rows(store, statement, each, arg);
}

int ledger_of(struct store *store, int64_t seq,
              int (*each)(void *arg, const struct ledger_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, LEDGER_COLUMNS " FROM decision WHERE seq = ?1 ORDER BY number");
    sqlite3_bind_int64(statement, 1, seq);
    return read_rows(store, statement, each, arg);
}
