/* Policy facts, read for their hashes. */
#include "store/reigns.h"
#include "store/db.h"

int reigns_read(struct store *store, int (*each)(void *arg, const struct reign *reign), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, arrival, json_extract(body, '$.data.hash') FROM journal"
                          " WHERE kind = 'policy' ORDER BY seq");
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        const char *hash = db_text(statement, 2);
        struct reign reign = {sqlite3_column_int64(statement, 0),
                              sqlite3_column_int64(statement, 1), hash ? hash : ""};
        answer = each(arg, &reign);
    }
    if (found >= 0)
        sqlite3_reset(statement);
    return found < 0 ? found : answer;
}
