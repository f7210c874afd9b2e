/* The journal's rows: appended, looked up by identity, read back with their chain verified. */
#include "store/journal.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/lang.h"
#include "model/feed.h"
#include "store/db.h"
#include <assert.h>
#include <string.h>

static void hash_content(const struct fact *fact, unsigned char ret[HASH_BYTES])
{
    struct buf buf = {0};
    fact_print_content(&buf, fact);
    hash_of(buf_str(&buf), buf.size, ret);
    buf_release(&buf);
}

int journal_look(struct store *store, const struct fact *fact, enum journal_answer *ret_answer)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT content FROM journal WHERE source = ?1 AND id = ?2");
    db_bind_text(statement, 1, fact->source);
    db_bind_text(statement, 2, fact->id);
    unsigned char content[HASH_BYTES];
    hash_content(fact, content);

    enum journal_answer answer = JOURNAL_NEW;
    int found;
    while ((found = db_row(store, statement)) == 1) {
        answer = JOURNAL_CONFLICT;
        if (db_is_hash(statement, 0, content)) {
            answer = JOURNAL_REPEAT;
            sqlite3_reset(statement);
            break;
        }
    }
    if (found < 0)
        return found;
    *ret_answer = answer;
    return 0;
}

static void chain_on(unsigned char chain[HASH_BYTES], int64_t seq, bool conflict, const char *body)
{
    struct buf head = {0};
    buf_i64(&head, seq);
    buf_u8(&head, conflict);
    struct hasher *hasher = hasher_new();
    hasher_add(hasher, chain, HASH_BYTES);
    hasher_add(hasher, head.data, head.size);
    hasher_add_text(hasher, body);
    hasher_done(hasher, chain);
    buf_release(&head);
}

int journal_append(struct store_tx *tx, const struct fact *fact, int64_t *ret_seq)
{
    assert(tx->open);
    if (fact->arrival < tx->arrival)
        return ERR_INVALID;
    int64_t seq = tx->seq + 1;
    unsigned char content[HASH_BYTES], chain[HASH_BYTES];
    struct buf body = {0};
    fact_print(&body, fact);
    hash_content(fact, content);
    memcpy(chain, tx->chain, HASH_BYTES);
    chain_on(chain, seq, fact->conflict, buf_str(&body));

    sqlite3_stmt *statement = db_prepare(
        tx->store,
        "INSERT INTO journal (seq, kind, source, id, arrival, recorded, conflict, content,"
        " body, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    sqlite3_bind_int64(statement, 1, seq);
    db_bind_text(statement, 2, fact_kind_name(fact->kind));
    db_bind_text(statement, 3, fact->source);
    db_bind_text(statement, 4, fact->id);
    sqlite3_bind_int64(statement, 5, fact->arrival);
    sqlite3_bind_int64(statement, 6, tx->recorded);
    sqlite3_bind_int(statement, 7, fact->conflict);
    db_bind_blob(statement, 8, content, sizeof content);
    db_bind_text(statement, 9, buf_str(&body));
    db_bind_blob(statement, 10, chain, sizeof chain);
    int err = db_run(tx->store, statement);
    if (err < 0 && sqlite3_extended_errcode(tx->store->db) == SQLITE_CONSTRAINT_UNIQUE)
        err = ERR_INVALID;
    buf_release(&body);
    if (err < 0)
        return err;

    tx->seq = seq;
    tx->arrival = fact->arrival;
    memcpy(tx->chain, chain, HASH_BYTES);
    *ret_seq = seq;
    return 0;
}

int64_t journal_end(const struct store_tx *tx)
{
    return tx->seq;
}

struct reading_back {
    struct store *store;
    struct arena arena;
    int64_t seq;
    unsigned char chain[HASH_BYTES];
    int (*each)(void *arg, int64_t seq, const struct fact *fact);
    void *arg;
};

static int damaged(struct store *store, int64_t seq)
{
    return db_damaged(store, tr("the journal is damaged at row %lld", "日志第 %lld 行已损坏"),
                      (long long)seq);
}

static int start_chain(struct reading_back *back)
{
    if (back->seq == 0)
        return 0;
    sqlite3_stmt *statement = db_prepare(back->store, "SELECT chain FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, back->seq);
    int found = db_row(back->store, statement);
    if (found < 0)
        return found;
    if (found == 0 || sqlite3_column_bytes(statement, 0) != HASH_BYTES)
        return damaged(back->store, back->seq);
    memcpy(back->chain, sqlite3_column_blob(statement, 0), HASH_BYTES);
    sqlite3_reset(statement);
    return 0;
}

/* The body was canonical when it was written; that it no longer parses is damage like any other. */
static int parse_body(struct reading_back *back, const char *body, struct fact *ret_fact)
{
    struct findings findings = {0};
    arena_reset(&back->arena);
    json_t *event = json_read(body, strlen(body), back->store->path, 1, &findings);
    int err = event ? fact_of_json(ret_fact, &back->arena, event, 0,
                                   (struct place){.file = back->store->path}, &findings)
                    : ERR_SYNTAX;
    json_decref(event);
    findings_release(&findings);
    return err < 0 ? damaged(back->store, back->seq) : 0;
}

static int read_row(struct reading_back *back, sqlite3_stmt *statement)
{
    int64_t seq = sqlite3_column_int64(statement, 0);
    bool conflict = sqlite3_column_int(statement, 1) != 0;
    const char *body = db_text(statement, 2);
    if (seq != ++back->seq || !body)
        return damaged(back->store, back->seq);
    chain_on(back->chain, seq, conflict, body);
    if (!db_is_hash(statement, 3, back->chain))
        return damaged(back->store, seq);
    struct fact fact;
    int err = parse_body(back, body, &fact);
    if (err < 0)
        return err;
    fact.conflict = conflict;
    return back->each(back->arg, seq, &fact);
}

int journal_read(struct store *store, int64_t seq,
                 int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg)
{
    struct reading_back back = {.store = store, .seq = seq, .each = each, .arg = arg};
    int err = start_chain(&back);
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT seq, conflict, body, chain FROM journal WHERE seq > ?1 ORDER BY seq");
    if (err == 0 && !statement)
        err = ERR_STORE;
    sqlite3_bind_int64(statement, 1, seq);
    int found = 0;
    while (err == 0 && (found = db_row(store, statement)) == 1)
        err = read_row(&back, statement);
    if (err == 0)
        err = found;
    sqlite3_reset(statement);
    arena_release(&back.arena);
    return err;
}

static int feed_row(void *arg, int64_t seq, const struct fact *fact)
{
    (void)seq;
    struct feed *feed = arg;
    if (fact->kind != FACT_TICK && fact->kind != FACT_POLICY)
        feed_add_fact(feed, fact);
    return 0;
}

int journal_feed(struct store *store, struct feed *feed)
{
    return journal_read(store, 0, feed_row, feed);
}
