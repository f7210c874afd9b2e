/* The journal's rows: appended, looked up by identity, read back with their chain verified.
 *
 * journal_append is what the rate of durable ingest hangs on: a fact is printed once, hashed once
 * and bound once, and where its identity might stand is answered mostly out of memory. */
#include "store/journal.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "store/chain.h"
#include "store/identity.h"
#include "store/link.h"
#include "store/seal.h"
#include <assert.h>
#include <string.h>

/* ---- a fact's text ------------------------------------------------------- */

/* The content is printed once, often before it comes here; what we add is put in where fact_print
 * would have it. */
static const char recorded_member[] = ",\"recordedtime\":\"",
                  conflict_member[] = ",\"conflict\":true";

static struct fact_content content_of(struct store *store, const struct fact *fact)
{
    if (fact->content.text)
        return fact->content;
    buf_clear(&store->content);
    return fact_print_content(&store->content, fact);
}

static void print_body(struct buf *body, const struct fact_content *content,
                       const struct fact *fact)
{
    buf_clear(body);
    buf_add(body, content->text, content->head);
    buf_add(body, recorded_member, sizeof recorded_member - 1);
    instant_print(body, fact->arrival, 0);
    buf_putc(body, '"');
    if (fact->conflict)
        buf_add(body, conflict_member, sizeof conflict_member - 1);
    buf_add(body, content->text + content->head, content->size - content->head);
}

/* Whether a row's body has this content. */
static bool same_content(const char *body, const struct fact_content *content)
{
    if (strncmp(body, content->text, content->head) != 0 ||
        !str_starts(body + content->head, recorded_member))
        return false;
    const char *rest = strchr(body + content->head + sizeof recorded_member - 1, '"');
    if (!rest)
        return false;
    rest++;
    if (str_starts(rest, conflict_member))
        rest += sizeof conflict_member - 1;
    return str_equal(rest, content->text + content->head);
}

/* ---- identities ---------------------------------------------------------- */

struct looking {
    struct store *store;
    const struct fact_content *content;
    enum journal_answer answer;
};

static int look_at_row(void *arg, int64_t seq)
{
    struct looking *looking = arg;
    sqlite3_stmt *statement = db_prepare(looking->store, "SELECT body FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, seq);
    int found = db_row(looking->store, statement);
    const char *body = found == 1 ? db_text(statement, 0) : NULL;
    const struct fact_content *content = looking->content;
    if (identity_is(body, content->text + content->identity, content->identity_size)) {
        bool same = same_content(body, content);
        looking->answer = same ? JOURNAL_REPEAT : JOURNAL_CONFLICT;
        found = same ? 2 : 1;
    }
    sqlite3_reset(statement);
    return found == 1 ? 0 : found; /* 2 ends the search */
}

static uint64_t hash_of_identity(const struct fact_content *content)
{
    return identity_hash(content->text + content->identity, content->identity_size);
}

static int look(struct store *store, const struct fact_content *content,
                enum journal_answer *ret_answer)
{
    struct looking looking = {.store = store, .content = content, .answer = JOURNAL_NEW};
    if (content->identity_size == 0)
        return ERR_INVALID;
    uint64_t hash = hash_of_identity(content);
    int err = identity_load(store);
    if (err == 0)
        err = identity_find(store->identity, store, hash, look_at_row, &looking);
    if (err < 0)
        return err;
    store->absent = looking.answer == JOURNAL_NEW ? hash : 0;
    *ret_answer = looking.answer;
    return 0;
}

int journal_look(struct store *store, const struct fact *fact, enum journal_answer *ret_answer)
{
    struct fact_content content = content_of(store, fact);
    return look(store, &content, ret_answer);
}

/* ---- appending ----------------------------------------------------------- */

/* What journal_look found absent a moment ago need not be looked for again. */
static int refuse_repeat(struct store *store, const struct fact_content *content, uint64_t hash)
{
    enum journal_answer answer = JOURNAL_NEW;
    if (content->identity_size == 0)
        return ERR_INVALID;
    int err = store->identity && hash == store->absent ? 0 : look(store, content, &answer);
    return err == 0 && answer == JOURNAL_REPEAT ? ERR_INVALID : err;
}

static int insert(struct store_tx *tx, const struct chain_fact *row)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO journal (seq, kind, arrival, recorded, conflict, body,"
                              " chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int64(statement, 1, row->seq);
    db_bind_text(statement, 2, row->kind);
    sqlite3_bind_int64(statement, 3, row->arrival);
    sqlite3_bind_int64(statement, 4, row->recorded);
    sqlite3_bind_int(statement, 5, row->conflict);
    sqlite3_bind_text(statement, 6, row->body, (int)row->body_size, SQLITE_STATIC);
    db_bind_blob(statement, 7, tx->chain, HASH_BYTES);
    return db_run(tx->store, statement);
}

/* A failed insert leaves the chain ahead; the transaction can only be rolled back then. */
int journal_append(struct store_tx *tx, const struct fact *fact, int64_t *ret_seq)
{
    assert(tx->open);
    struct store *store = tx->store;
    if (fact->arrival < tx->arrival)
        return ERR_INVALID;
    struct fact_content content = content_of(store, fact);
    uint64_t hash = hash_of_identity(&content);
    int err = refuse_repeat(store, &content, hash);
    if (err == 0)
        err = seal_flush(tx);
    if (err < 0)
        return err;
    print_body(&store->body, &content, fact);
    struct chain_fact row = {
        .seq = tx->seq + 1,
        .arrival = fact->arrival,
        .recorded = tx->recorded,
        .conflict = fact->conflict,
        .kind = fact_kind_name(fact->kind),
        .body = buf_str(&store->body),
        .body_size = store->body.size,
    };
    chain_fact(store->hasher, tx->chain, &row);
    err = insert(tx, &row);
    if (err < 0)
        return err;
    identity_add(store->identity, hash, row.seq);
    store->absent = 0;
    tx->seq = row.seq;
    tx->sealed = 0;
    tx->arrival = fact->arrival;
    *ret_seq = row.seq;
    return 0;
}

int64_t journal_end(const struct store_tx *tx)
{
    return tx->seq;
}

/* ---- reading back -------------------------------------------------------- */

struct reading_back {
    struct store *store;
    struct arena arena;
    int64_t seq;
    unsigned char chain[HASH_BYTES];
    int (*each)(void *arg, int64_t seq, const struct fact *fact);
    void *arg;
};

/* The link from which the row after `seq` goes on. */
static int start_chain(struct reading_back *back)
{
    int64_t first = 0;
    int found = link_start(back->store, back->seq, &first, back->chain);
    if (found == ERR_NOT_FOUND)
        return db_damaged_fact(back->store, back->seq);
    back->seq = found == 0 ? first : back->seq;
    return found;
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
    return err < 0 ? db_damaged_fact(back->store, back->seq) : 0;
}

/* The links of what stands beside the row, which the next row goes on from. */
static int pass_seals(struct reading_back *back)
{
    int found = link_after(back->store, back->seq, back->chain);
    return found < 0 ? found : 0;
}

static int read_row(struct reading_back *back, sqlite3_stmt *statement)
{
    struct chain_fact row;
    back->seq++;
    if (!chain_fact_of(statement, &row) || row.seq != back->seq)
        return db_damaged_fact(back->store, back->seq);
    chain_fact(back->store->hasher, back->chain, &row);
    if (!db_is_hash(statement, CHAIN_FACT_LINK, back->chain))
        return db_damaged_fact(back->store, row.seq);
    struct fact fact;
    int err = parse_body(back, row.body, &fact);
    if (err == 0)
        err = pass_seals(back);
    if (err < 0)
        return err;
    fact.conflict = row.conflict;
    return back->each(back->arg, row.seq, &fact);
}

int journal_read(struct store *store, int64_t seq,
                 int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg)
{
    struct reading_back back = {.store = store, .seq = seq, .each = each, .arg = arg};
    int err = start_chain(&back);
    sqlite3_stmt *statement = db_prepare(store, CHAIN_FACT_COLUMNS " WHERE seq > ?1 ORDER BY seq");
    if (err == 0 && !statement)
        err = ERR_STORE;
    sqlite3_bind_int64(statement, 1, back.seq);
    int found = 0;
    while (err == 0 && (found = db_row(store, statement)) == 1)
        err = read_row(&back, statement);
    if (err == 0)
        err = found;
    sqlite3_reset(statement);
    arena_release(&back.arena);
    return err;
}
