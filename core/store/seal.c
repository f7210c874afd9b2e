/* Links for decisions and letters. */
#include "store/seal.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/str.h"
#include "store/chain.h"
#include <stdio.h>
#include <string.h>

static const char *const names[SEAL_PARTS] = {"decision", "letter"};

const char *seal_part_name(enum seal_part part)
{
    return names[part];
}

int seal_part_of(const char *name)
{
    for (int i = 0; i < SEAL_PARTS; i++)
        if (str_equal(name, names[i]))
            return i;
    return ERR_NOT_FOUND;
}

/* Kept as bytes, one after another: a plan for a whole city notes tens of thousands. */
void seal_note(struct store_tx *tx, enum seal_part part, const char *row)
{
    buf_u8(&tx->noted, (uint8_t)part);
    buf_add(&tx->noted, row, strlen(row) + 1);
}

void seal_note_decision(struct store_tx *tx, int64_t seq, int64_t number)
{
    char row[48];
    snprintf(row, sizeof row, "%lld/%lld", (long long)seq, (long long)number);
    seal_note(tx, SEAL_DECISION, row);
}

sqlite3_stmt *seal_row(struct store *store, enum seal_part part, const char *row)
{
    if (part == SEAL_LETTER) {
        sqlite3_stmt *letter = db_prepare(
            store, "SELECT seq, number, kind, about, recipient, rule, episode, level, plan, at,"
                   " made, body, sha256 FROM letter WHERE id = ?1");
        db_bind_text(letter, 1, row);
        return letter;
    }
    long long seq = -1, number = -1;
    sscanf(row, "%lld/%lld", &seq, &number);
    sqlite3_stmt *decision =
        db_prepare(store, "SELECT at, kind, rule, episode, level, order_id, line, text"
                          " FROM decision WHERE seq = ?1 AND number = ?2");
    sqlite3_bind_int64(decision, 1, seq);
    sqlite3_bind_int64(decision, 2, number);
    return decision;
}

struct noted {
    enum seal_part part;
    const char *row;
};

static int insert(struct store_tx *tx, const struct noted *noted)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO seal (seq, place, part, row, chain)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_bind_int64(statement, 1, tx->seq);
    sqlite3_bind_int64(statement, 2, tx->sealed++);
    db_bind_text(statement, 3, names[noted->part]);
    db_bind_text(statement, 4, noted->row);
    db_bind_blob(statement, 5, tx->chain, HASH_BYTES);
    return db_run(tx->store, statement);
}

static int seal_one(struct store_tx *tx, const struct noted *noted)
{
    sqlite3_stmt *statement = seal_row(tx->store, noted->part, noted->row);
    int found = db_row(tx->store, statement);
    if (found < 0)
        return found;
    if (found == 0)
        return db_damaged(tx->store, tr("row %s of table %s is gone", "行 %s（表 %s）已丢失"),
                          noted->row, names[noted->part]);
    chain_row(tx->store->hasher, tx->chain, names[noted->part], noted->row, statement);
    sqlite3_reset(statement);
    return insert(tx, noted);
}

int seal_flush(struct store_tx *tx)
{
    if (tx->noted.size == 0)
        return 0;
    struct reader reader = {(const unsigned char *)tx->noted.data,
                            (const unsigned char *)tx->noted.data + tx->noted.size, 0};
    int err = 0;
    while (err == 0 && reader.at < reader.end) {
        struct noted noted = {.part = (enum seal_part)read_u8(&reader)};
        noted.row = (const char *)reader.at;
        reader.at += strlen(noted.row) + 1;
        err = seal_one(tx, &noted);
    }
    buf_clear(&tx->noted);
    return err;
}
