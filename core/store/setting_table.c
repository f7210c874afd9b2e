/* Settings in and out of their table. */
#include "store/setting_table.h"
#include "base/err.h"
#include "store/db.h"

int setting_put(struct store_tx *tx, const char *name, const char *value, instant_ms *ret_changed)
{
    *ret_changed = tx->recorded;
    sqlite3_stmt *statement =
        value ? db_prepare(tx->store, "INSERT INTO setting (name, value, changed)"
                                      " VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
                                      " value = excluded.value, changed = excluded.changed")
              : db_prepare(tx->store, "DELETE FROM setting WHERE name = ?1");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, name);
    if (value) {
        db_bind_text(statement, 2, value);
        sqlite3_bind_int64(statement, 3, tx->recorded);
    }
    return db_run(tx->store, statement);
}

int setting_read(struct store *store,
                 int (*each)(void *arg, const char *name, const char *value, instant_ms changed),
                 void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT name, value, changed FROM setting ORDER BY name");
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1)
        answer = each(arg, db_text(statement, 0), db_text(statement, 1),
                      sqlite3_column_int64(statement, 2));
    if (found >= 0)
        sqlite3_reset(statement);
    return found < 0 ? found : answer;
}
