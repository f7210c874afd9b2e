/* Which facts go, the file they go into, and their going. */
#include "store/retire.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "store/audit.h"
#include "store/chases.h"
#include "store/db.h"
#include "store/export.h"
#include "store/identity.h"
#include "store/link.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_FACTS = 2000 };

void retirement_release(struct retirement *retirement)
{
    free(retirement->file);
    *retirement = (struct retirement){0};
}

static int refuse(struct store *store, struct findings *findings, const char *code,
                  const char *message)
{
    findings_add(findings, SEV_ERROR, code, (struct place){.file = store->path}, NULL, "%s",
                 message);
    return ERR_STORE;
}

/* ---- which ------------------------------------------------------------------- */

/* The last fact that nothing holds back. */
static int find_bound(struct store *store, int64_t *ret_bound)
{
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT min(coalesce((SELECT max(seq) FROM snapshot), 0),"
               " coalesce((SELECT min(l.seq) - 1 FROM letter l JOIN outbox b ON b.letter = l.id"
               " WHERE b.state IN ('reserve', 'waiting', 'sending')), 9e15),"
               " coalesce((SELECT min(l.seq) - 1 FROM letter l JOIN chase c ON c.letter = l.id"
               " WHERE c.due < " CHASE_NEVER "), 9e15))");
    return db_number(store, statement, ret_bound);
}

struct choosing {
    struct store *store;
    instant_ms cutoff;
    int64_t retired, bound;
    struct retirement *chosen;
    int err;
};

/* An anchor in the middle of what stands beside its fact is none to go on from. */
static int choose(void *arg, const struct anchor *anchor)
{
    struct choosing *choosing = arg;
    unsigned char link[HASH_BYTES];
    int64_t seq;
    if (anchor->written >= choosing->cutoff || anchor->seq > choosing->bound ||
        anchor->seq <= choosing->retired)
        return 0;
    int err = link_start(choosing->store, anchor->seq, &seq, link);
    if (err == ERR_STORE)
        choosing->err = err;
    if (err == 0 && memcmp(link, anchor->chain, HASH_BYTES) == 0) {
        choosing->chosen->last = anchor->seq;
        memcpy(choosing->chosen->chain, link, HASH_BYTES);
    }
    return choosing->err;
}

int retire_plan(struct store *store, instant_ms cutoff, struct retirement *ret_retirement)
{
    struct retirement chosen = {0};
    unsigned char link[HASH_BYTES];
    struct choosing choosing = {.store = store, .cutoff = cutoff, .chosen = &chosen};
    int err = link_retired(store, &choosing.retired, link);
    if (err == 0)
        err = find_bound(store, &choosing.bound);
    int64_t old = err == 0 ? audit_seq_before(store, cutoff) : 0;
    if (old < choosing.bound)
        choosing.bound = old;
    if (err == 0)
        err = old < 0 ? ERR_STORE : anchor_read(store, choose, &choosing);
    if (err < 0)
        return err;
    chosen.first = choosing.retired + 1;
    *ret_retirement = chosen;
    return 0;
}

/* ---- the file ------------------------------------------------------------------ */

struct writing {
    FILE *file;
    struct hasher *hasher;
    bool failed;
};

static int write_line(void *arg, const char *line, size_t size)
{
    struct writing *writing = arg;
    hasher_add(writing->hasher, line, size);
    hasher_add(writing->hasher, "\n", 1);
    writing->failed = fwrite(line, 1, size, writing->file) != size || putc('\n', writing->file) < 0;
    return writing->failed ? ERR_IO : 0;
}

static int write_facts(struct store *store, const char *path, struct retirement *retirement)
{
    file_keep_private(path);
    struct writing writing = {.file = fopen(path, "wbe"), .hasher = hasher_new()};
    struct export_counts counts = {0};
    int err = ERR_IO;
    if (writing.file) {
        err = export_lines(store, retirement->first - 1, retirement->last, write_line, &writing,
                           &counts);
        if (fclose(writing.file) != 0 && err == 0)
            err = ERR_IO;
    }
    hasher_done(writing.hasher, retirement->sha256);
    retirement->facts = counts.facts;
    retirement->rows = counts.rows;
    return err;
}

/* What was written is what is there. */
static bool reads_back(const char *path, const unsigned char sha256[HASH_BYTES])
{
    static char bytes[1 << 16];
    unsigned char hash[HASH_BYTES];
    struct hasher *hasher = hasher_new();
    FILE *file = fopen(path, "rbe");
    size_t size;
    while (file && (size = fread(bytes, 1, sizeof bytes, file)) > 0)
        hasher_add(hasher, bytes, size);
    bool whole = file && !ferror(file);
    if (file)
        fclose(file);
    hasher_done(hasher, hash);
    return whole && memcmp(hash, sha256, HASH_BYTES) == 0;
}

static int name_file(const char *folder, const char *part, struct retirement *retirement)
{
    char hex[HASH_HEX];
    hash_hex(retirement->sha256, hex);
    char *path = xasprintf("%s/facts-%lld-%lld-%s.jsonl", folder, (long long)retirement->first,
                           (long long)retirement->last, hex);
    int error = file_put_in_place(part, path);
    if (error == 0 && reads_back(path, retirement->sha256)) {
        retirement->file = path;
        return 0;
    }
    free(path);
    return ERR_IO;
}

/* Damage must not leave the store for a file that looks sound. */
static int verify(struct store *store, const struct retirement *retirement,
                  struct findings *findings)
{
    struct audit_report report;
    struct audit_options options = {.from = retirement->first - 1, .tail = true};
    int answer = audit_verify(store, &options, &report, findings);
    if (answer < 0)
        return refuse(store, findings, "D003", store_message(store));
    return answer > 0 ? ERR_STORE : 0;
}

int retire_write(struct store *store, const char *folder, struct retirement *retirement,
                 struct findings *findings)
{
    if (retirement->last < retirement->first)
        return 0;
    int err = verify(store, retirement, findings);
    if (err < 0)
        return err;
    char *part = xasprintf("%s/facts-%lld.part", folder, (long long)retirement->first);
    err = write_facts(store, part, retirement);
    if (err == 0 && retirement->facts != retirement->last - retirement->first + 1)
        err = db_damaged_fact(store, retirement->first);
    if (err == 0)
        err = name_file(folder, part, retirement);
    unlink(part);
    free(part);
    if (err == ERR_STORE)
        return refuse(store, findings, "D003", store_message(store));
    return err == 0 ? 0
                    : refuse(store, findings, "D042",
                             tr("the archive file cannot be written; nothing has gone",
                                "无法写入归档文件，未删除任何内容"));
}

/* ---- going ---------------------------------------------------------------------- */

int retire_mark(struct store_tx *tx, const struct retirement *retirement)
{
    assert(retirement->file);
    const char *slash = strrchr(retirement->file, '/');
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO retired (seq, chain, file, sha256, written)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_bind_int64(statement, 1, retirement->last);
    db_bind_blob(statement, 2, retirement->chain, HASH_BYTES);
    db_bind_text(statement, 3, slash ? slash + 1 : retirement->file);
    db_bind_blob(statement, 4, retirement->sha256, HASH_BYTES);
    sqlite3_bind_int64(statement, 5, tx->recorded);
    int err = db_run(tx->store, statement);
    return err < 0 ? err : identity_forget(tx, retirement->last);
}

int retire_last(struct store *store, int64_t *ret_seq, char **ret_file)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, file FROM retired ORDER BY seq DESC LIMIT 1");
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    *ret_seq = found == 1 ? sqlite3_column_int64(statement, 0) : 0;
    *ret_file = found == 1 && db_text(statement, 1) ? xstrdup(db_text(statement, 1)) : NULL;
    if (found == 1)
        sqlite3_reset(statement);
    return 0;
}

/* In the order of their references; receipts and consignments go with their letter. */
static const char *const sweeps[] = {
    "DELETE FROM receipt WHERE letter IN (SELECT id FROM letter WHERE seq <= ?1)",
    "DELETE FROM chase WHERE letter IN (SELECT id FROM letter WHERE seq <= ?1)",
    ("DELETE FROM rendering WHERE serial IN (SELECT o.serial FROM outbox o JOIN letter l"
     " ON l.id = o.letter WHERE l.seq <= ?1)"),
    "DELETE FROM outbox WHERE letter IN (SELECT id FROM letter WHERE seq <= ?1)",
    "DELETE FROM letter WHERE seq <= ?1",
    "DELETE FROM decision WHERE seq <= ?1",
    "DELETE FROM seal WHERE seq <= ?1",
    "DELETE FROM journal WHERE seq <= ?1",
};

static int sweep_to(struct store *store, int64_t seq)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < sizeof sweeps / sizeof *sweeps; i++) {
        sqlite3_stmt *statement = db_prepare(store, sweeps[i]);
        sqlite3_bind_int64(statement, 1, seq);
        err = db_run(store, statement);
    }
    return err;
}

int64_t retire_sweep(struct store_tx *tx, int64_t max)
{
    struct store *store = tx->store;
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT min(seq), (SELECT coalesce(max(seq), 0) FROM retired) FROM journal");
    if (db_row(store, statement) != 1)
        return ERR_STORE;
    int64_t first = sqlite3_column_int64(statement, 0);
    int64_t last = sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    if (first == 0 || first > last)
        return 0;
    int64_t until = last - first + 1 > max ? first + max - 1 : last;
    int err = sweep_to(store, until);
    return err < 0 ? err : until - first + 1;
}

static int mark(struct store *store, instant_ms recorded, const struct retirement *retirement)
{
    struct store_tx *tx;
    if (store_begin(store, recorded, &tx) < 0)
        return ERR_STORE;
    if (retire_mark(tx, retirement) == 0)
        return store_commit(tx);
    store_rollback(tx);
    return ERR_STORE;
}

static int sweep_all(struct store *store, instant_ms recorded)
{
    for (;;) {
        struct store_tx *tx;
        if (store_begin(store, recorded, &tx) < 0)
            return ERR_STORE;
        int64_t gone = retire_sweep(tx, SWEEP_FACTS);
        if (gone <= 0) {
            store_rollback(tx);
            return (int)gone;
        }
        if (store_commit(tx) < 0)
            return ERR_STORE;
    }
}

int store_retire(struct store *store, instant_ms cutoff, instant_ms recorded, const char *folder,
                 struct retirement *ret_retirement, struct findings *findings)
{
    struct retirement retirement = {0};
    int err = retire_plan(store, cutoff, &retirement);
    if (err == 0)
        err = retire_write(store, folder, &retirement, findings);
    else
        refuse(store, findings, "D003", store_message(store));
    if (err == 0 && retirement.file &&
        (mark(store, recorded, &retirement) < 0 || sweep_all(store, recorded) < 0))
        err = refuse(store, findings, "D003", store_message(store));
    if (err < 0) {
        retirement_release(&retirement);
        return err;
    }
    *ret_retirement = retirement;
    return 0;
}
