/* Letters in and out of their table. */
#include "store/letters.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/outbox.h"
#include "store/seal.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a letter that is there: 1: with these bytes, ERR_CONFLICT: with others. */
static int find_same(struct store *store, const char *id, const unsigned char hash[HASH_BYTES])
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT sha256 FROM letter WHERE id = ?1");
    db_bind_text(statement, 1, id);
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    bool same = db_is_hash(statement, 0, hash);
    sqlite3_reset(statement);
    return same ? 1 : ERR_CONFLICT;
}

static void bind_number(sqlite3_stmt *statement, int column, int number)
{
    if (statement && number >= 0)
        sqlite3_bind_int(statement, column, number);
}

int letter_put(struct store_tx *tx, const struct letter_row *row)
{
    assert(tx->open);
    unsigned char hash[HASH_BYTES];
    hash_of(row->body, row->size, hash);
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO letter (id, seq, number, kind, about, recipient, rule,"
                              " episode, level, plan, at, made, body, sha256) VALUES (?1, ?2, ?3,"
                              " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
                              " ON CONFLICT (id) DO NOTHING");
    const char *const texts[] = {row->kind,    row->about, row->recipient, row->rule,
                                 row->episode, row->level, row->plan};
    db_bind_text(statement, 1, row->id);
    sqlite3_bind_int64(statement, 2, tx->seq);
    bind_number(statement, 3, row->number);
    for (int i = 0; i < 7; i++)
        db_bind_text(statement, 4 + i, texts[i]);
    sqlite3_bind_int64(statement, 11, row->at);
    sqlite3_bind_int64(statement, 12, tx->recorded);
    db_bind_blob(statement, 13, row->body, row->size);
    db_bind_blob(statement, 14, hash, HASH_BYTES);
    int err = db_run(tx->store, statement);
    if (err == 0 && sqlite3_changes(tx->store->db) == 0)
        return find_same(tx->store, row->id, hash);
    if (err == 0)
        seal_note(tx, SEAL_LETTER, row->id);
    return err;
}

/* What was corrected remains so, whatever is answered, until there is something else to go by; what
 * is withdrawn is so whatever was answered or sent since. */
static int end_one(struct store_tx *tx, const char *id, const char *why)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE letter SET closed = ?2 WHERE id = ?1 AND (closed IS NULL OR"
                              " closed = 'corrected' AND ?2 = 'superseded' OR"
                              " closed <> 'withdrawn' AND ?2 = 'withdrawn')");
    db_bind_text(statement, 1, id);
    db_bind_text(statement, 2, why);
    int err = db_run(tx->store, statement);
    if (err < 0 || sqlite3_changes(tx->store->db) == 0)
        return err;
    return outbox_end(tx, id, why);
}

/* What was written about it: reminders and escalations that are open. */
static int end_followers(struct store_tx *tx, const char *id, const char *why)
{
    for (;;) {
        sqlite3_stmt *statement =
            db_prepare(tx->store, "SELECT id FROM letter WHERE about = ?1 AND closed IS NULL"
                                  " AND kind IN ('reminder', 'escalation') LIMIT 1");
        db_bind_text(statement, 1, id);
        int found = db_row(tx->store, statement);
        if (found != 1)
            return found;
        char *follower = xstrdup(db_text(statement, 0));
        sqlite3_reset(statement);
        int err = end_one(tx, follower, why);
        free(follower);
        if (err < 0)
            return err;
    }
}

static int end_chase(struct store_tx *tx, const char *id)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE chase SET due = NULL WHERE letter = ?1 AND due IS NOT NULL");
    db_bind_text(statement, 1, id);
    return db_run(tx->store, statement);
}

int letter_correct(struct store_tx *tx, const char *id)
{
    return end_one(tx, id, "corrected");
}

int letter_end(struct store_tx *tx, const char *id, const char *why)
{
    int err = end_one(tx, id, why);
    if (err == 0)
        err = end_followers(tx, id, why);
    return err < 0 ? err : end_chase(tx, id);
}

/* The oldest of them first, one at a time: there is seldom more than one. */
int letter_supersede(struct store_tx *tx, const struct letter_row *newest)
{
    for (;;) {
        sqlite3_stmt *statement = db_prepare(
            tx->store, "SELECT id FROM letter WHERE episode = ?1 AND recipient = ?2 AND rule = ?3"
                       " AND kind IN ('order', 'release') AND id <> ?4"
                       " AND (closed IS NULL OR closed = 'corrected')"
                       " ORDER BY serial LIMIT 1");
        db_bind_text(statement, 1, newest->episode);
        db_bind_text(statement, 2, newest->recipient);
        db_bind_text(statement, 3, newest->rule);
        db_bind_text(statement, 4, newest->id);
        int found = db_row(tx->store, statement);
        if (found != 1)
            return found;
        char *id = xstrdup(db_text(statement, 0));
        sqlite3_reset(statement);
        int err = letter_end(tx, id, "superseded");
        free(id);
        if (err < 0)
            return err;
    }
}

#define LETTER_COLUMNS                                                                         \
    "SELECT serial, id, seq, number, kind, about, recipient, rule, episode, level, plan, at, " \
    "made,"                                                                                    \
    " body, sha256, closed FROM letter"

static int row_of(struct store *store, sqlite3_stmt *statement, struct letter_row *ret)
{
    bool decided = sqlite3_column_type(statement, 3) != SQLITE_NULL;
    *ret = (struct letter_row){
        .serial = sqlite3_column_int64(statement, 0),
        .id = db_text(statement, 1),
        .seq = sqlite3_column_int64(statement, 2),
        .number = decided ? sqlite3_column_int(statement, 3) : -1,
        .kind = db_text(statement, 4),
        .about = db_text(statement, 5),
        .recipient = db_text(statement, 6),
        .rule = db_text(statement, 7),
        .episode = db_text(statement, 8),
        .level = db_text(statement, 9),
        .plan = db_text(statement, 10),
        .at = sqlite3_column_int64(statement, 11),
        .made = sqlite3_column_int64(statement, 12),
        .body = sqlite3_column_blob(statement, 13),
        .size = (size_t)sqlite3_column_bytes(statement, 13),
        .closed = db_text(statement, 15),
    };
    unsigned char hash[HASH_BYTES];
    hash_of(ret->body, ret->size, hash);
    if (db_is_hash(statement, 14, hash))
        return 0;
    return db_damaged(store, tr("the bytes of letter %s are damaged", "信件 %s 的内容已损坏"),
                      ret->id);
}

int letter_look(struct store *store, const char *id,
                void (*each)(void *arg, const struct letter_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare(store, LETTER_COLUMNS " WHERE id = ?1");
    db_bind_text(statement, 1, id);
    int found = db_row(store, statement);
    if (found != 1)
        return found < 0 ? found : ERR_NOT_FOUND;
    struct letter_row row;
    int err = row_of(store, statement, &row);
    if (err == 0)
        each(arg, &row);
    sqlite3_reset(statement);
    return err;
}

/* The query's narrowest field chooses the index; the others are compared. */
static const char *query_sql(const struct letter_query *query)
{
#define LETTER_REST                                                                 \
    " AND serial > ?5 AND (?6 IS NULL OR kind = ?6) AND (?1 IS NULL OR about = ?1)" \
    " AND (?2 IS NULL OR recipient = ?2) AND (?3 IS NULL OR episode = ?3)"          \
    " AND (?4 IS NULL OR plan = ?4) ORDER BY serial LIMIT ?7"
    if (query->about)
        return LETTER_COLUMNS " WHERE about = ?1" LETTER_REST;
    if (query->plan)
        return LETTER_COLUMNS " WHERE plan = ?4" LETTER_REST;
    if (query->episode)
        return LETTER_COLUMNS " WHERE episode = ?3" LETTER_REST;
    if (query->recipient)
        return LETTER_COLUMNS " WHERE recipient = ?2" LETTER_REST;
    return LETTER_COLUMNS " WHERE 1" LETTER_REST;
}

/* Prepared for itself, so that `each` may look up letters on its own. */
int letter_find(struct store *store, const struct letter_query *query,
                int (*each)(void *arg, const struct letter_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare_own(store, query_sql(query));
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, query->about);
    db_bind_text(statement, 2, query->recipient);
    db_bind_text(statement, 3, query->episode);
    db_bind_text(statement, 4, query->plan);
    sqlite3_bind_int64(statement, 5, query->after);
    db_bind_text(statement, 6, query->kind);
    sqlite3_bind_int64(statement, 7, query->max > 0 ? query->max : -1);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        struct letter_row row;
        answer = row_of(store, statement, &row);
        if (answer == 0)
            answer = each(arg, &row);
    }
    sqlite3_finalize(statement);
    return found < 0 ? found : answer;
}

/* No digit comes after 'f'. */
int letter_plan(struct store *store, const char *digits, char ret_hash[HASH_HEX])
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT min(plan), max(plan) FROM letter"
                                                " WHERE plan >= ?1 AND plan < ?1 || 'g'");
    db_bind_text(statement, 1, digits);
    int found = db_row(store, statement);
    if (found != 1)
        return found < 0 ? found : ERR_NOT_FOUND;
    const char *first = db_text(statement, 0), *last = db_text(statement, 1);
    int err = !first ? ERR_NOT_FOUND : str_equal(first, last) ? 0 : ERR_CONFLICT;
    if (err == 0)
        snprintf(ret_hash, HASH_HEX, "%s", first);
    sqlite3_reset(statement);
    return err;
}
