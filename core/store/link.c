/* Links looked up in their tables. */
#include "store/link.h"
#include "base/err.h"
#include <string.h>

/* 1, 0 or ERR_STORE, as db_row; a blob of the wrong size counts as zero bytes, which fit nothing.
 */
static int read_link(struct store *store, sqlite3_stmt *statement, unsigned char ret[HASH_BYTES])
{
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    memset(ret, 0, HASH_BYTES);
    if (sqlite3_column_bytes(statement, 0) == HASH_BYTES)
        memcpy(ret, sqlite3_column_blob(statement, 0), HASH_BYTES);
    return 1;
}

int link_after(struct store *store, int64_t seq, unsigned char chain[HASH_BYTES])
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT chain FROM seal WHERE seq = ?1 ORDER BY place DESC LIMIT 1");
    sqlite3_bind_int64(statement, 1, seq);
    int found = read_link(store, statement, chain);
    if (found == 1)
        sqlite3_reset(statement);
    return found;
}

int link_retired(struct store *store, int64_t *ret_seq, unsigned char ret[HASH_BYTES])
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT chain, seq FROM retired ORDER BY seq DESC LIMIT 1");
    int found = read_link(store, statement, ret);
    *ret_seq = 0;
    if (found == 1) {
        *ret_seq = sqlite3_column_int64(statement, 1);
        sqlite3_reset(statement);
    } else if (found == 0) {
        memset(ret, 0, HASH_BYTES);
    }
    return found < 0 ? found : 0;
}

int link_start(struct store *store, int64_t seq, int64_t *ret_seq, unsigned char ret[HASH_BYTES])
{
    int64_t retired;
    int err = link_retired(store, &retired, ret);
    if (err < 0)
        return err;
    *ret_seq = seq > retired ? seq : retired;
    if (seq <= retired)
        return 0;
    sqlite3_stmt *statement = db_prepare(store, "SELECT chain FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, seq);
    int found = read_link(store, statement, ret);
    if (found == 1)
        sqlite3_reset(statement);
    if (found == 1)
        found = link_after(store, seq, ret);
    else if (found == 0)
        return ERR_NOT_FOUND;
    return found < 0 ? found : 0;
}
