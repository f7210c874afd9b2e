/* Looking into tables that others write. */
#include "store/lookup.h"
#include "base/err.h"
#include "base/json.h"
#include "store/db.h"
#include "store/identity.h"
#include "store/journal.h"
#include "store/outbox_row.h"

/* ---- facts -------------------------------------------------------------- */

struct seeking {
    struct store *store;
    const struct buf *text; /* the identity, as a fact's canonical JSON has it */
    int64_t seq;
};

/* Another identity may have the same hash. */
static int compare_row(void *arg, int64_t seq)
{
    struct seeking *seeking = arg;
    sqlite3_stmt *statement =
        db_prepare(seeking->store, "SELECT body FROM journal WHERE seq = ?1 AND conflict = 0");
    sqlite3_bind_int64(statement, 1, seq);
    int found = db_row(seeking->store, statement);
    if (found == 1 && identity_is(db_text(statement, 0), seeking->text->data, seeking->text->size))
        seeking->seq = seq;
    sqlite3_reset(statement);
    return found < 0 ? found : seeking->seq > 0;
}

int lookup_fact(struct store *store, const char *source, const char *id, int64_t *ret_seq)
{
    struct buf text = {0};
    struct seeking seeking = {.store = store, .text = &text};
    buf_puts(&text, ",\"source\":");
    json_quote(&text, source);
    buf_puts(&text, ",\"id\":");
    json_quote(&text, id);
    int err = identity_load(store);
    if (err == 0)
        err = identity_find(store->identity, store, identity_hash(text.data, text.size),
                            compare_row, &seeking);
    buf_release(&text);
    if (err < 0)
        return err;
    if (seeking.seq == 0)
        return ERR_NOT_FOUND;
    *ret_seq = seeking.seq;
    return 0;
}

int lookup_end(struct store *store, int64_t *ret_seq)
{
    return db_number(store, db_prepare(store, "SELECT coalesce(max(seq), 0) FROM journal"),
                     ret_seq);
}

struct passing_on {
    int (*each)(void *arg, int64_t seq, const struct fact *fact);
    void *arg;
    int answer;
};

static int pass_on(void *arg, int64_t seq, const struct fact *fact)
{
    struct passing_on *on = arg;
    on->answer = on->each(on->arg, seq, fact);
    return 1; /* this row alone */
}

static int read_rows(struct store *store, const char *sql, int64_t seq,
                     int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg)
{
    struct passing_on on = {.each = each, .arg = arg};
    sqlite3_stmt *statement = db_prepare_own(store, sql);
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, seq);
    int found = 0;
    while (on.answer == 0 && (found = db_row(store, statement)) == 1) {
        found = journal_read(store, sqlite3_column_int64(statement, 0) - 1, pass_on, &on);
        if (found < 0)
            break;
    }
    sqlite3_finalize(statement);
    return found < 0 ? found : on.answer;
}

int lookup_acts(struct store *store, int64_t seq,
                int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg)
{
    return read_rows(store,
                     "SELECT seq FROM journal WHERE seq > ?1 AND kind = 'decision'"
                     " AND conflict = 0 ORDER BY seq",
                     seq, each, arg);
}

/* A quote within a text is escaped, so these bytes are the member itself. */
int lookup_doings(struct store *store, int64_t seq,
                  int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg)
{
    return read_rows(store,
                     "SELECT seq FROM journal WHERE seq > ?1 AND conflict = 0"
                     " AND (kind = 'decision' OR kind = 'receipt'"
                     " AND instr(body, '\"source\":\"/people/')) ORDER BY seq",
                     seq, each, arg);
}

int lookup_plan_end(struct store *store, const char *digits,
                    int (*each)(void *arg, const struct ledger_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare_own(
        store, "SELECT seq, number, at, line FROM decision WHERE kind = 'act'"
               " AND instr(line, '\"about\":\"' || ?1)"
               " AND (instr(line, '\"result\":\"approved\"') OR instr(line, '\"result\":\"filed\"')"
               " OR instr(line, '\"result\":\"expired\"')) ORDER BY seq DESC, number DESC LIMIT 1");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, digits);
    int found = db_row(store, statement);
    if (found == 1) {
        struct ledger_row row = {.seq = sqlite3_column_int64(statement, 0),
                                 .number = sqlite3_column_int(statement, 1),
                                 .at = sqlite3_column_int64(statement, 2),
                                 .kind = "act",
                                 .line = db_text(statement, 3)};
        found = each(arg, &row);
    }
    sqlite3_finalize(statement);
    return found;
}

int lookup_letters_made(struct store *store, int64_t seq, int64_t *ret_count)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT count(*) FROM letter WHERE seq = ?1"
                          " AND kind IN ('correction', 'withdrawal', 'test')");
    sqlite3_bind_int64(statement, 1, seq);
    return db_number(store, statement, ret_count);
}

/* The act and what it cancelled were written in one transaction, so under one instant. */
int lookup_letters_cancelled(struct store *store, int64_t seq, const char *subject,
                             int64_t *ret_count)
{
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT count(*) FROM letter AS l WHERE (id = ?2 OR plan = ?2 OR episode = ?2)"
               " AND EXISTS (SELECT 1 FROM outbox WHERE letter = l.id AND state = 'cancelled'"
               " AND trouble IN ('corrected', 'withdrawn')"
               " AND changed = (SELECT recorded FROM journal WHERE seq = ?1))"
               " AND NOT EXISTS (SELECT 1 FROM outbox WHERE letter = l.id AND attempts > 0)");
    sqlite3_bind_int64(statement, 1, seq);
    db_bind_text(statement, 2, subject);
    return db_number(store, statement, ret_count);
}

/* ---- the tables beside --------------------------------------------------- */

int lookup_awaited(struct store *store, int max,
                   int (*each)(void *arg, const struct chase_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare_own(
        store, "SELECT letter, deadline, nullif(due, " CHASE_NEVER
               "), fired FROM chase WHERE due IS NOT NULL ORDER BY deadline, letter LIMIT ?1");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int(statement, 1, max);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1) {
        bool over = sqlite3_column_type(statement, 2) == SQLITE_NULL;
        struct chase_row row = {
            .letter = db_text(statement, 0),
            .deadline = sqlite3_column_int64(statement, 1),
            .due = over ? INSTANT_NONE : sqlite3_column_int64(statement, 2),
            .fired = db_text(statement, 3),
        };
        answer = each(arg, &row);
    }
    sqlite3_finalize(statement);
    return found < 0 ? found : answer;
}

#define IS_LOST                                                                              \
    " WHERE b.state = 'dead' AND NOT EXISTS (SELECT 1 FROM outbox other"                     \
    " WHERE other.letter = b.letter AND other.state IN ('delivered', 'waiting', 'sending', " \
    "'reserve'))"

int lookup_count_lost(struct store *store, int64_t *ret_count)
{
    return db_number(store,
                     db_prepare(store, "SELECT count(DISTINCT b.letter) FROM outbox b" IS_LOST),
                     ret_count);
}

int lookup_lost(struct store *store, int max,
                int (*each)(void *arg, const struct consignment *consignment), void *arg)
{
    return outbox_rows(store,
                       OUTBOX_COLUMNS
                       " WHERE b.serial IN (SELECT max(b.serial) FROM outbox b" IS_LOST
                       " GROUP BY b.letter) ORDER BY b.serial DESC LIMIT ?2",
                       NULL, max, each, arg);
}

static int each_receipt(struct store *store, sqlite3_stmt *statement,
                        int (*each)(void *arg, const struct receipt_row *row), void *arg)
{
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
    sqlite3_finalize(statement);
    return found < 0 ? found : answer;
}

int lookup_receipts(struct store *store, int64_t seq, int max,
                    int (*each)(void *arg, const struct receipt_row *row), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare_own(store, "SELECT letter, kind, at, seq, channel, by, reason FROM receipt"
                              " WHERE seq > ?1 ORDER BY seq, letter, kind LIMIT ?2");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, seq);
    sqlite3_bind_int(statement, 2, max);
    return each_receipt(store, statement, each, arg);
}

int lookup_refused(struct store *store, const char *episode,
                   int (*each)(void *arg, const struct receipt_row *row), void *arg)
{
    sqlite3_stmt *statement = db_prepare_own(
        store, "SELECT r.letter, r.kind, r.at, r.seq, r.channel, r.by, r.reason FROM letter l"
               " JOIN receipt r ON r.letter = l.id AND r.kind = 3"
               " WHERE l.episode = ?1 AND l.kind IN ('order', 'task')"
               " AND NOT EXISTS (SELECT 1 FROM receipt d WHERE d.letter = l.id AND d.kind = 4)"
               " AND coalesce(l.closed, '') <> 'withdrawn'"
               " AND NOT EXISTS (SELECT 1 FROM letter n WHERE n.episode = l.episode"
               " AND n.recipient = l.recipient AND n.rule = l.rule AND n.serial > l.serial"
               " AND l.kind = 'order' AND n.kind IN ('order', 'release')) ORDER BY l.serial");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, episode);
    return each_receipt(store, statement, each, arg);
}
