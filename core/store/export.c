/* Rows as lines: the facts, each followed by what was sealed after it. */
#include "store/export.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "store/db.h"
#include "store/seal.h"
#include <string.h>

struct exporting {
    struct store *store;
    int (*emit)(void *arg, const char *line, size_t size);
    void *arg;
    struct export_counts *counts;
    struct buf line;
    sqlite3_stmt *seals;
    int sealed; /* 1: `seals` stands on a row */
};

static int emit(struct exporting *exporting)
{
    return exporting->emit(exporting->arg, buf_str(&exporting->line), exporting->line.size);
}

static void put_hash(struct json_writer *json, sqlite3_stmt *statement, int column)
{
    char hex[HASH_HEX] = "";
    jw_key(json, "chain");
    if (sqlite3_column_bytes(statement, column) == HASH_BYTES)
        hash_hex(sqlite3_column_blob(statement, column), hex);
    jw_text(json, hex);
}

/* Bytes that are text as text, a hash in hex, others in base64. */
static void put_blob(struct json_writer *json, const char *name, const void *bytes, size_t size)
{
    struct buf text = {0};
    char hex[HASH_HEX];
    if (size == HASH_BYTES && str_equal(name, "sha256")) {
        hash_hex(bytes, hex);
        buf_puts(&text, hex);
    } else if (size > 0 && !memchr(bytes, 0, size) && str_utf8_bad(bytes, size) == size) {
        buf_add(&text, bytes, size);
    } else {
        base64_add(&text, bytes, size);
    }
    jw_text(json, buf_str(&text));
    buf_release(&text);
}

static void put_column(struct json_writer *json, sqlite3_stmt *statement, int column)
{
    const char *name = sqlite3_column_name(statement, column);
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    jw_key(json, name);
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        jw_null(json);
        break;
    case SQLITE_BLOB:
        put_blob(json, name, size > 0 ? bytes : "", size);
        break;
    case SQLITE_INTEGER:
        jw_int(json, sqlite3_column_int64(statement, column));
        break;
    default:
        jw_text(json, db_text(statement, column));
    }
}

static int export_beside(struct exporting *exporting)
{
    const char *name = db_text(exporting->seals, 1), *row = db_text(exporting->seals, 2);
    int part = name && row ? seal_part_of(name) : -1;
    struct json_writer json = {.buf = &exporting->line};
    if (part < 0)
        return 0;
    sqlite3_stmt *statement = seal_row(exporting->store, (enum seal_part)part, row);
    int found = db_row(exporting->store, statement);
    if (found <= 0)
        return found;
    buf_clear(&exporting->line);
    jw_begin(&json, '{');
    jw_key(&json, name);
    jw_text(&json, row);
    jw_key(&json, "after");
    jw_int(&json, sqlite3_column_int64(exporting->seals, 0));
    put_hash(&json, exporting->seals, 3);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        put_column(&json, statement, i);
    jw_end(&json, '}');
    sqlite3_reset(statement);
    exporting->counts->rows++;
    return emit(exporting);
}

static int export_seals(struct exporting *exporting, int64_t seq)
{
    int answer = 0;
    while (answer == 0 && exporting->sealed == 1 &&
           sqlite3_column_int64(exporting->seals, 0) <= seq) {
        answer = export_beside(exporting);
        if (answer == 0)
            exporting->sealed = db_row(exporting->store, exporting->seals);
    }
    return answer != 0 ? answer : exporting->sealed < 0 ? exporting->sealed : 0;
}

static int export_fact(struct exporting *exporting, sqlite3_stmt *statement)
{
    int64_t seq = sqlite3_column_int64(statement, 0);
    const char *body = db_text(statement, 2);
    struct json_writer json = {.buf = &exporting->line};
    buf_clear(&exporting->line);
    jw_begin(&json, '{');
    jw_key(&json, "fact");
    jw_int(&json, seq);
    jw_key(&json, "recorded");
    jw_int(&json, sqlite3_column_int64(statement, 1));
    put_hash(&json, statement, 3);
    jw_key(&json, "event");
    jw_raw(&json, body ? body : "null");
    jw_end(&json, '}');
    exporting->counts->facts++;
    int answer = emit(exporting);
    return answer != 0 ? answer : export_seals(exporting, seq);
}

int export_lines(struct store *store, int64_t after, int64_t until,
                 int (*emit_line)(void *arg, const char *line, size_t size), void *arg,
                 struct export_counts *ret_counts)
{
    struct export_counts counts = {0};
    struct exporting exporting = {.store = store, .emit = emit_line, .arg = arg, .counts = &counts};
    exporting.seals = db_prepare(store, "SELECT seq, part, row, chain FROM seal"
                                        " WHERE seq > ?1 ORDER BY seq, place");
    sqlite3_bind_int64(exporting.seals, 1, after);
    exporting.sealed = db_row(store, exporting.seals);
    sqlite3_stmt *statement = db_prepare(store, "SELECT seq, recorded, body, chain FROM journal"
                                                " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq");
    sqlite3_bind_int64(statement, 1, after);
    sqlite3_bind_int64(statement, 2, until);
    int found = 0, answer = exporting.sealed < 0 ? exporting.sealed : 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1)
        answer = export_fact(&exporting, statement);
    if (answer == 0)
        answer = found;
    sqlite3_reset(statement);
    sqlite3_reset(exporting.seals);
    buf_release(&exporting.line);
    *ret_counts = counts;
    return answer;
}
