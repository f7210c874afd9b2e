/* Chases in and out of their table. */
#include "store/chases.h"
#include "base/err.h"
#include "store/db.h"

static int write_row(struct store_tx *tx, const char *sql, const struct chase_row *row)
{
    sqlite3_stmt *statement = db_prepare(tx->store, sql);
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, row->letter);
    sqlite3_bind_int64(statement, 2, row->deadline);
    if (row->due != INSTANT_NONE)
        sqlite3_bind_int64(statement, 3, row->due);
    db_bind_text(statement, 4, row->fired);
    return db_run(tx->store, statement);
}

int chase_put(struct store_tx *tx, const struct chase_row *row)
{
    return write_row(tx,
                     "INSERT INTO chase (letter, deadline, due, fired) VALUES (?1, ?2,"
                     " coalesce(?3, " CHASE_NEVER "), ?4) ON CONFLICT DO NOTHING",
                     row);
}

int chase_set(struct store_tx *tx, const struct chase_row *row)
{
    return write_row(tx,
                     "UPDATE chase SET deadline = ?2, due = coalesce(?3, " CHASE_NEVER
                     "), fired = ?4 WHERE letter = ?1",
                     row);
}

static int look(struct store *store, sqlite3_stmt *statement,
                void (*each)(void *arg, const struct chase_row *row), void *arg)
{
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    bool due = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    struct chase_row row = {
        .letter = db_text(statement, 0),
        .deadline = sqlite3_column_int64(statement, 1),
        .due = due ? sqlite3_column_int64(statement, 2) : INSTANT_NONE,
        .fired = db_text(statement, 3),
    };
    each(arg, &row);
    sqlite3_reset(statement);
    return 1;
}

int chase_first_due(struct store *store, instant_ms now,
                    void (*each)(void *arg, const struct chase_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT letter, deadline, due, fired FROM chase WHERE due IS NOT NULL"
                          " AND due <= ?1 ORDER BY due, letter LIMIT 1");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, now);
    return look(store, statement, each, arg);
}

int chase_look(struct store *store, const char *letter,
               void (*each)(void *arg, const struct chase_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT letter, deadline, nullif(due, " CHASE_NEVER
                                                "), fired FROM chase WHERE letter = ?1");
    db_bind_text(statement, 1, letter);
    return look(store, statement, each, arg);
}

int chase_next(struct store *store, instant_ms *ret_due)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT due FROM chase WHERE due < " CHASE_NEVER " ORDER BY due LIMIT 1");
    int err = db_number(store, statement, ret_due);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_due = INSTANT_NONE;
    return 0;
}

int chase_count(struct store *store, instant_ms now, int64_t *ret_chased, int64_t *ret_overdue)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT count(*), coalesce(sum(deadline < ?1), 0) FROM chase"
                          " WHERE due IS NOT NULL");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, now);
    if (db_row(store, statement) != 1)
        return ERR_STORE;
    *ret_chased = sqlite3_column_int64(statement, 0);
    *ret_overdue = sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return 0;
}

int chase_shift(struct store_tx *tx, span_ms by)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE chase SET deadline = deadline + ?1, due = CASE"
                              " WHEN due < " CHASE_NEVER " THEN due + ?1 ELSE due END"
                              " WHERE due IS NOT NULL");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, by);
    return db_run(tx->store, statement);
}

/* What was answered is known by its receipt (2: acknowledged, and above): of most letters the large
 * row need not be read. */
int chase_restart(struct store_tx *tx)
{
    return db_run(
        tx->store,
        db_prepare(tx->store,
                   "UPDATE chase SET due = " CHASE_NEVER " WHERE due IS NULL"
                   " AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.letter = chase.letter"
                   " AND r.kind >= 2)"
                   " AND EXISTS (SELECT 1 FROM letter l WHERE l.id = chase.letter"
                   " AND l.closed IS NULL)"));
}
