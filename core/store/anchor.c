/* Anchors in and out of their table, and as lines. */
#include "store/anchor.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "store/db.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char lower_hex[] = "0123456789abcdef";

void anchor_ask(struct store_tx *tx)
{
    assert(tx->open);
    tx->anchor_asked = true;
}

const struct anchor *anchor_written(const struct store *store)
{
    return store->anchored ? &store->anchor : NULL;
}

/* ---- lines ---------------------------------------------------------------- */

void anchor_print(struct buf *buf, const struct anchor *anchor)
{
    char hex[HASH_HEX];
    struct json_writer json = {.buf = buf};
    hash_hex(anchor->chain, hex);
    jw_begin(&json, '{');
    jw_key(&json, "day");
    jw_text(&json, anchor->day);
    jw_key(&json, "seq");
    jw_int(&json, anchor->seq);
    jw_key(&json, "rows");
    jw_int(&json, anchor->rows);
    jw_key(&json, "chain");
    jw_text(&json, hex);
    jw_key(&json, "written");
    jw_instant(&json, anchor->written, 0);
    jw_end(&json, '}');
}

static int parse_hash(const char *hex, unsigned char ret[HASH_BYTES])
{
    if (!hex || strlen(hex) != HASH_HEX - 1)
        return ERR_SYNTAX;
    for (size_t i = 0; i < HASH_BYTES; i++) {
        const char *high = strchr(lower_hex, hex[2 * i]), *low = strchr(lower_hex, hex[2 * i + 1]);
        if (!high || !low)
            return ERR_SYNTAX;
        ret[i] = (unsigned char)((high - lower_hex) << 4 | (low - lower_hex));
    }
    return 0;
}

static int of_json(const json_t *line, struct anchor *ret)
{
    const char *day = json_string_value(json_object_get(line, "day"));
    const char *written = json_string_value(json_object_get(line, "written"));
    const json_t *seq = json_object_get(line, "seq"), *rows = json_object_get(line, "rows");
    struct anchor anchor = {.seq = json_integer_value(seq), .rows = json_integer_value(rows)};
    if (!day || !written || strlen(day) >= sizeof anchor.day || !json_is_integer(seq) ||
        !json_is_integer(rows) || instant_parse_rfc3339(written, &anchor.written) < 0)
        return ERR_SYNTAX;
    snprintf(anchor.day, sizeof anchor.day, "%s", day);
    int err = parse_hash(json_string_value(json_object_get(line, "chain")), anchor.chain);
    if (err == 0)
        *ret = anchor;
    return err;
}

int anchor_parse(const char *line, size_t size, struct anchor *ret_anchor)
{
    struct findings findings = {0};
    json_t *json = json_read(line, size, "", 1, &findings);
    findings_release(&findings);
    int err = json ? of_json(json, ret_anchor) : ERR_SYNTAX;
    json_decref(json);
    return err;
}

/* ---- the table ------------------------------------------------------------ */

static void print_day(char ret[12], instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    snprintf(ret, 12, "%04u-%02u-%02u", (unsigned)civil.year % 10000, (unsigned)civil.month % 100,
             (unsigned)civil.day % 100);
}

static int insert(struct store_tx *tx, const struct anchor *anchor)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT OR IGNORE INTO anchor (seq, day, chain, rows, written)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_bind_int64(statement, 1, anchor->seq);
    db_bind_text(statement, 2, anchor->day);
    db_bind_blob(statement, 3, anchor->chain, HASH_BYTES);
    sqlite3_bind_int64(statement, 4, anchor->rows);
    sqlite3_bind_int64(statement, 5, anchor->written);
    return db_run(tx->store, statement);
}

static void of_row(sqlite3_stmt *statement, struct anchor *ret)
{
    *ret = (struct anchor){
        .seq = sqlite3_column_int64(statement, 0),
        .rows = sqlite3_column_int64(statement, 3),
        .written = sqlite3_column_int64(statement, 4),
    };
    const char *day = db_text(statement, 1);
    snprintf(ret->day, sizeof ret->day, "%s", day ? day : "");
    if (sqlite3_column_bytes(statement, 2) == HASH_BYTES)
        memcpy(ret->chain, sqlite3_column_blob(statement, 2), HASH_BYTES);
}

int anchor_before(struct store *store, int64_t seq, struct anchor *ret_anchor)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, day, chain, rows, written FROM anchor WHERE seq <= ?1"
                          " ORDER BY seq DESC, day DESC, written DESC LIMIT 1");
    sqlite3_bind_int64(statement, 1, seq);
    int found = db_row(store, statement);
    if (found == 1) {
        of_row(statement, ret_anchor);
        sqlite3_reset(statement);
    }
    return found;
}

int anchor_known(struct store *store, const struct anchor *anchor)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT 1 FROM journal WHERE seq = ?1 AND chain = ?2"
                          " UNION ALL SELECT 1 FROM seal WHERE seq = ?1 AND chain = ?2"
                          " UNION ALL SELECT 1 FROM retired WHERE seq >= ?1 LIMIT 1");
    sqlite3_bind_int64(statement, 1, anchor->seq);
    db_bind_blob(statement, 2, anchor->chain, HASH_BYTES);
    int found = db_row(store, statement);
    if (found == 1)
        sqlite3_reset(statement);
    return found;
}

int anchor_read(struct store *store, int (*each)(void *arg, const struct anchor *anchor), void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, day, chain, rows, written FROM anchor ORDER BY seq, day");
    int found, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) != 0) {
        struct anchor anchor;
        if (found < 0)
            return found;
        of_row(statement, &anchor);
        answer = each(arg, &anchor);
    }
    sqlite3_reset(statement);
    return answer;
}

static void remember(struct store *store, const struct anchor *newest)
{
    memcpy(store->anchor_day, newest->day, sizeof store->anchor_day);
    store->anchor_seq = newest->seq;
}

void anchor_settle(struct store *store)
{
    if (store->anchored)
        remember(store, &store->anchor);
}

/* The newest anchor is read once and then remembered. */
static int know_last(struct store *store)
{
    struct anchor newest;
    if (store->anchor_day[0])
        return 0;
    int found = anchor_before(store, INT64_MAX, &newest);
    if (found == 1)
        remember(store, &newest);
    return found < 0 ? found : 0;
}

int anchor_commit(struct store_tx *tx)
{
    struct store *store = tx->store;
    struct anchor *anchor = &store->anchor;
    store->anchored = false;
    int err = know_last(store);
    if (err < 0 || tx->seq == 0)
        return err;
    *anchor = (struct anchor){.seq = tx->seq, .rows = tx->seq, .written = tx->recorded};
    print_day(anchor->day, tx->recorded, store->zone);
    if (!tx->anchor_asked && str_equal(anchor->day, store->anchor_day) &&
        tx->seq - store->anchor_seq < ANCHOR_FACTS)
        return 0;
    memcpy(anchor->chain, tx->chain, HASH_BYTES);
    err = insert(tx, anchor);
    store->anchored = err == 0 && sqlite3_changes(store->db) == 1;
    return err;
}
