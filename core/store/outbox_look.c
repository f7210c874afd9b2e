/* Looking into the outbox. */
#include "base/err.h"
#include "base/lang.h"
#include "store/db.h"
#include "store/outbox_row.h"
#include <string.h>

int outbox_row(struct store *store, sqlite3_stmt *statement, struct consignment *ret)
{
    *ret = (struct consignment){
        .serial = sqlite3_column_int64(statement, 0),
        .key = {db_text(statement, 1), db_text(statement, 2), db_text(statement, 3)},
        .contact = db_text(statement, 4),
        .host = db_text(statement, 5),
        .rung = sqlite3_column_int(statement, 6),
        .priority = sqlite3_column_int(statement, 7),
        .state = outbox_state_of(db_text(statement, 8)),
        .attempts = sqlite3_column_int(statement, 9),
        .not_before = sqlite3_column_int64(statement, 10),
        .changed = sqlite3_column_int64(statement, 11),
        .trouble = db_text(statement, 12),
        .bytes = sqlite3_column_blob(statement, 13),
        .size = (size_t)sqlite3_column_bytes(statement, 13),
        .kind = db_text(statement, 15),
        .recipient = db_text(statement, 16),
        .made = sqlite3_column_int64(statement, 17),
    };
    unsigned char hash[HASH_BYTES];
    hash_of(ret->bytes, ret->size, hash);
    if (db_is_hash(statement, 14, hash))
        return 0;
    return db_damaged(store, tr("the bytes of letter %s are damaged", "信件 %s 的内容已损坏"),
                      ret->key.letter);
}

int outbox_rows(struct store *store, const char *sql, const char *text, int max,
                int (*each)(void *arg, const struct consignment *consignment), void *arg)
{
    sqlite3_stmt *statement = db_prepare_own(store, sql);
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, text);
    sqlite3_bind_int(statement, 2, max > 0 ? max : -1);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        struct consignment consignment;
        answer = outbox_row(store, statement, &consignment);
        if (answer == 0)
            answer = each(arg, &consignment);
    }
    sqlite3_finalize(statement);
    return found < 0 ? found : answer;
}

int outbox_of(struct store *store, const char *letter,
              int (*each)(void *arg, const struct consignment *consignment), void *arg)
{
    return outbox_rows(store,
                       OUTBOX_COLUMNS " WHERE b.letter = ?1 ORDER BY b.rung, b.serial LIMIT ?2",
                       letter, 0, each, arg);
}

int outbox_read(struct store *store, int (*each)(void *arg, const struct consignment *consignment),
                void *arg)
{
    return outbox_rows(store, OUTBOX_COLUMNS " ORDER BY b.serial LIMIT ?2", NULL, 0, each, arg);
}

int outbox_untold(struct store *store, int max,
                  int (*each)(void *arg, const struct consignment *consignment), void *arg)
{
    return outbox_rows(store,
                       OUTBOX_COLUMNS " WHERE b.serial IN (SELECT max(serial)"
                                      " FROM outbox WHERE state = 'dead' AND told = 0"
                                      " GROUP BY letter ORDER BY 1 LIMIT ?2) ORDER BY b.serial",
                       NULL, max, each, arg);
}

int outbox_count_untold(struct store *store, int64_t *ret_count)
{
    /* Asked in every turn; so a table to tell letters apart is only made when there are some. */
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE state = 'dead' AND told = 0)"
               " THEN (SELECT count(DISTINCT letter) FROM outbox WHERE state = 'dead'"
               " AND told = 0) ELSE 0 END");
    return db_number(store, statement, ret_count);
}

int outbox_count(struct store *store, int64_t ret_counts[OUTBOX_STATES])
{
    int64_t counts[OUTBOX_STATES] = {0};
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT state, count(*) FROM outbox GROUP BY state");
    int found;
    while ((found = db_row(store, statement)) == 1)
        counts[outbox_state_of(db_text(statement, 0))] = sqlite3_column_int64(statement, 1);
    if (found < 0)
        return found;
    memcpy(ret_counts, counts, sizeof counts);
    return 0;
}

/* Counts come out of an index alone, and the first made is the oldest: who looks every ten seconds
 * must not read the whole table. */
int outbox_tally(struct store *store, int (*each)(void *arg, const struct outbox_tally *tally),
                 void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT b.gateway, b.state, count(*), coalesce((SELECT l.made"
                          " FROM outbox o JOIN letter l ON l.id = o.letter WHERE o.gateway ="
                          " b.gateway AND o.state = b.state ORDER BY o.serial LIMIT 1), 0)"
                          " FROM outbox b GROUP BY b.gateway, b.state"
                          " ORDER BY b.gateway, b.state");
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        struct outbox_tally tally = {
            .gateway = db_text(statement, 0),
            .state = outbox_state_of(db_text(statement, 1)),
            .count = sqlite3_column_int64(statement, 2),
            .oldest = sqlite3_column_int64(statement, 3),
        };
        answer = each(arg, &tally);
    }
    sqlite3_reset(statement);
    return found < 0 ? found : answer;
}
