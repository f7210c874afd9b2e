/* From the chain of versions 1 and 2, over seq, conflict and body, to the present one, over
 * everything.
 *
 * A new chain over damaged rows would hide the damage, so each row must still fit the old one. */
#include "store/migrate_chain.h"
#include "base/hash.h"
#include "store/chain.h"
#include "store/identity.h"
#include "store/seal.h"

struct moving {
    struct store *store;
    unsigned char before[HASH_BYTES]; /* the old chain */
    struct store_tx *tx;              /* carries the new one */
};

/* As versions 1 and 2 computed it. */
static void old_link(struct moving *moving, const struct chain_fact *row)
{
    struct buf head = {0};
    buf_i64(&head, row->seq);
    buf_u8(&head, row->conflict);
    hasher_add(moving->store->hasher, moving->before, HASH_BYTES);
    hasher_add(moving->store->hasher, head.data, head.size);
    hasher_add_text(moving->store->hasher, row->body);
    hasher_next(moving->store->hasher, moving->before);
    buf_release(&head);
}

static int insert(struct moving *moving, const struct chain_fact *row)
{
    sqlite3_stmt *statement =
        db_prepare(moving->store, "INSERT INTO journal_new (seq, kind, arrival, recorded, conflict,"
                                  " body, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    sqlite3_bind_int64(statement, 1, row->seq);
    db_bind_text(statement, 2, row->kind);
    sqlite3_bind_int64(statement, 3, row->arrival);
    sqlite3_bind_int64(statement, 4, row->recorded);
    sqlite3_bind_int(statement, 5, row->conflict);
    db_bind_text(statement, 6, row->body);
    db_bind_blob(statement, 7, moving->tx->chain, HASH_BYTES);
    return db_run(moving->store, statement);
}

static int put_identity(struct moving *moving, const struct chain_fact *row)
{
    const char *text;
    size_t size;
    if (!identity_text(row->body, &text, &size))
        return db_damaged_fact(moving->store, row->seq);
    sqlite3_stmt *statement =
        db_prepare(moving->store, "INSERT INTO identity (hash, seq) VALUES (?1, ?2)");
    sqlite3_bind_int64(statement, 1, (int64_t)identity_hash(text, size));
    sqlite3_bind_int64(statement, 2, row->seq);
    return db_run(moving->store, statement);
}

static int note_decisions(struct moving *moving, int64_t seq)
{
    sqlite3_stmt *statement =
        db_prepare(moving->store, "SELECT number FROM decision WHERE seq = ?1 ORDER BY number");
    sqlite3_bind_int64(statement, 1, seq);
    int found;
    while ((found = db_row(moving->store, statement)) == 1)
        seal_note_decision(moving->tx, seq, sqlite3_column_int64(statement, 0));
    return found;
}

static int note_letters(struct moving *moving, int64_t seq)
{
    sqlite3_stmt *statement =
        db_prepare(moving->store, "SELECT id FROM letter WHERE seq = ?1 ORDER BY serial");
    sqlite3_bind_int64(statement, 1, seq);
    int found;
    while ((found = db_row(moving->store, statement)) == 1)
        seal_note(moving->tx, SEAL_LETTER, db_text(statement, 0));
    return found;
}

static int move_row(struct moving *moving, sqlite3_stmt *statement)
{
    struct chain_fact row;
    if (!chain_fact_of(statement, &row) || row.seq != moving->tx->seq + 1)
        return db_damaged_fact(moving->store, moving->tx->seq + 1);
    old_link(moving, &row);
    if (!db_is_hash(statement, CHAIN_FACT_LINK, moving->before))
        return db_damaged_fact(moving->store, row.seq);
    chain_fact(moving->store->hasher, moving->tx->chain, &row);
    moving->tx->seq = row.seq;
    moving->tx->sealed = 0;
    int err = insert(moving, &row);
    if (err == 0)
        err = put_identity(moving, &row);
    if (err == 0)
        err = note_decisions(moving, row.seq);
    if (err == 0)
        err = note_letters(moving, row.seq);
    return err < 0 ? err : seal_flush(moving->tx);
}

static int mark_indexed(struct store *store, int64_t seq)
{
    sqlite3_stmt *statement =
        db_prepare(store, "INSERT INTO meta (name, value) VALUES ('indexed', CAST(?1 AS TEXT))");
    sqlite3_bind_int64(statement, 1, seq);
    return db_run(store, statement);
}

int migrate_chain(struct store *store)
{
    struct store_tx tx = {.store = store};
    struct moving moving = {.store = store, .tx = &tx};
    sqlite3_stmt *statement = db_prepare(store, CHAIN_FACT_COLUMNS " ORDER BY seq");
    int found, err = 0;
    while (err == 0 && (found = db_row(store, statement)) != 0)
        err = found < 0 ? found : move_row(&moving, statement);
    sqlite3_reset(statement);
    buf_release(&tx.noted);
    return err < 0 ? err : mark_indexed(store, tx.seq);
}
