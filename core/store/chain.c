/* What is hashed for a link:
 *
 *     a fact   link before (32), seq arrival recorded (8 each, little endian), conflict (1),
 *              size of kind (1), kind, body
 *     a row    link before (32), 0xff × 8 (no seq is negative), part and row, each
 *              with a NUL, then for each column its SQLite type (1), its size (8) and its bytes
 *
 * so no two different rows give the same bytes. */
#include "store/chain.h"
#include "base/hash.h"
#include <assert.h>
#include <string.h>

enum { KIND_BYTES_MAX = 255 }; /* its size is hashed as one byte */

bool chain_fact_of(sqlite3_stmt *statement, struct chain_fact *ret)
{
    *ret = (struct chain_fact){
        .seq = sqlite3_column_int64(statement, 0),
        .kind = db_text(statement, 1),
        .arrival = sqlite3_column_int64(statement, 2),
        .recorded = sqlite3_column_int64(statement, 3),
        .conflict = sqlite3_column_int(statement, 4) != 0,
        .body = db_text(statement, 5),
        .body_size = (size_t)sqlite3_column_bytes(statement, 5),
    };
    return ret->kind && ret->body && strlen(ret->kind) <= KIND_BYTES_MAX;
}

static unsigned char *put_i64(unsigned char *at, int64_t value)
{
    for (int i = 0; i < 8; i++)
        *at++ = (unsigned char)((uint64_t)value >> (8 * i));
    return at;
}

void chain_fact(struct hasher *hasher, unsigned char chain[HASH_BYTES],
                const struct chain_fact *row)
{
    unsigned char head[HASH_BYTES + 3 * 8 + 2 + KIND_BYTES_MAX], *at = head;
    size_t kind_size = strlen(row->kind);
    assert(kind_size <= KIND_BYTES_MAX);
    memcpy(at, chain, HASH_BYTES);
    at = put_i64(at + HASH_BYTES, row->seq);
    at = put_i64(at, row->arrival);
    at = put_i64(at, row->recorded);
    *at++ = row->conflict;
    *at++ = (unsigned char)kind_size;
    memcpy(at, row->kind, kind_size);
    at += kind_size;
    hasher_add(hasher, head, (size_t)(at - head));
    hasher_add(hasher, row->body, row->body_size);
    hasher_next(hasher, chain);
}

static void add_i64(struct hasher *hasher, int64_t value)
{
    unsigned char bytes[8];
    put_i64(bytes, value);
    hasher_add(hasher, bytes, sizeof bytes);
}

static void add_column(struct hasher *hasher, sqlite3_stmt *statement, int column)
{
    unsigned char type = (unsigned char)sqlite3_column_type(statement, column);
    hasher_add(hasher, &type, 1);
    const void *bytes = type == SQLITE_NULL ? "" : sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    add_i64(hasher, (int64_t)size);
    if (size > 0)
        hasher_add(hasher, bytes, size);
}

void chain_row(struct hasher *hasher, unsigned char chain[HASH_BYTES], const char *part,
               const char *row, sqlite3_stmt *statement)
{
    hasher_add(hasher, chain, HASH_BYTES);
    add_i64(hasher, -1);
    hasher_add(hasher, part, strlen(part) + 1);
    hasher_add(hasher, row, strlen(row) + 1);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        add_column(hasher, statement, i);
    hasher_next(hasher, chain);
}
