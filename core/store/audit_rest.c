/* The tables beside the chain, and the file they stand in. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "store/archive.h"
#include "store/audit_inner.h"
#include "store/guard.h"
#include "store/identity.h"

/* Hands each row of a statement to `each`; a table that cannot be read to its end is told. */
static int rows_of(struct audit *audit, const char *table, const char *sql,
                   void (*each)(struct audit *audit, sqlite3_stmt *statement))
{
    sqlite3_stmt *statement = db_prepare(audit->store, sql);
    int found;
    while ((found = db_row(audit->store, statement)) == 1)
        each(audit, statement);
    return found < 0 ? audit_unreadable(audit, table) : 0;
}

/* ---- rows that nobody sealed ------------------------------------------------ */

static void tell_added_decision(struct audit *audit, sqlite3_stmt *statement)
{
    audit_tell(audit, DAMAGE_ADDED, "decision",
               tr("table decision, row %s: put in later", "表 decision 的行 %s 系事后添加"),
               db_text(statement, 0));
}

static void tell_added_letter(struct audit *audit, sqlite3_stmt *statement)
{
    audit_tell(audit, DAMAGE_ADDED, "letter",
               tr("table letter, row %s: put in later", "表 letter 的行 %s 系事后添加"),
               db_text(statement, 0));
}

static int check_added(struct audit *audit)
{
    rows_of(audit, "decision",
            "SELECT seq || '/' || number FROM decision WHERE seq || '/' || number NOT IN"
            " (SELECT row FROM seal WHERE part = 'decision') ORDER BY seq, number",
            tell_added_decision);
    return rows_of(audit, "letter",
                   "SELECT id FROM letter WHERE id NOT IN"
                   " (SELECT row FROM seal WHERE part = 'letter') ORDER BY serial",
                   tell_added_letter);
}

/* ---- bytes with a hash of their own ------------------------------------------ */

/* Columns: the row's name, bytes, hash. */
static bool hash_fits(sqlite3_stmt *statement)
{
    unsigned char hash[HASH_BYTES];
    size_t size = (size_t)sqlite3_column_bytes(statement, 1);
    hash_of(sqlite3_column_blob(statement, 1), size, hash);
    return db_is_hash(statement, 2, hash);
}

static void check_bytes(struct audit *audit, const char *table, sqlite3_stmt *statement)
{
    if (!hash_fits(statement))
        audit_tell(audit, DAMAGE_FLIPPED, table,
                   tr("table %s, row %s: its bytes do not give their hash",
                      "表 %s 的行 %s：内容与其哈希不符"),
                   table, db_text(statement, 0));
}

static void check_snapshot(struct audit *audit, sqlite3_stmt *statement)
{
    check_bytes(audit, "snapshot", statement);
    int64_t seq = sqlite3_column_int64(statement, 0);
    if (seq > audit->report->last && audit->report->facts > 0)
        audit_tell(audit, DAMAGE_TRUNCATED, "journal",
                   tr("the end of the journal is gone: it ends at row %lld, and a snapshot was "
                      "taken after row %lld",
                      "日志末尾缺失：现止于第 %lld 行，而快照记载到第 %lld 行"),
                   (long long)audit->report->last, (long long)seq);
}

static void check_shadow(struct audit *audit, sqlite3_stmt *statement)
{
    check_bytes(audit, "shadow_state", statement);
}

static void check_letter(struct audit *audit, sqlite3_stmt *statement)
{
    check_bytes(audit, "letter", statement);
}

static void check_consignment(struct audit *audit, sqlite3_stmt *statement)
{
    check_bytes(audit, "outbox", statement);
}

static int check_hashes(struct audit *audit)
{
    rows_of(audit, "snapshot", "SELECT seq, bytes, sha256 FROM snapshot ORDER BY seq",
            check_snapshot);
    rows_of(audit, "shadow_state", "SELECT policy, bytes, sha256 FROM shadow_state", check_shadow);
    rows_of(audit, "letter", "SELECT id, body, sha256 FROM letter ORDER BY serial", check_letter);
    return rows_of(audit, "rendering", "SELECT serial, body, sha256 FROM rendering ORDER BY serial",
                   check_consignment);
}

/* ---- policies ----------------------------------------------------------------- */

/* Its bytes alone: a policy that this version no longer takes is not damaged. */
static void check_bundle(struct audit *audit, sqlite3_stmt *statement)
{
    struct findings findings = {0};
    const char *hash = db_text(statement, 0);
    if (archive_check(audit->store, hash, &findings) == ERR_STORE)
        audit_tell(audit, DAMAGE_FLIPPED, "bundle_text",
                   tr("table bundle_text, policy %s: its texts no longer give its hash",
                      "表 bundle_text 中预案 %s 的内容与其哈希不符"),
                   hash);
    findings_release(&findings);
}

/* ---- identities ----------------------------------------------------------------- */

/* Both sides are summed up in any order; only when the sums differ is the row looked for. */
static uint64_t weigh(uint64_t hash, int64_t seq)
{
    uint64_t sum = (hash ^ (uint64_t)seq * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    return sum ^ sum >> 29;
}

static bool body_hash(sqlite3_stmt *statement, int column, uint64_t *ret_hash)
{
    const char *text, *body = db_text(statement, column);
    size_t size;
    if (!body || !identity_text(body, &text, &size))
        return false;
    *ret_hash = identity_hash(text, size);
    return true;
}

static int sum_index(struct audit *audit, uint64_t *ret_sum)
{
    sqlite3_stmt *statement = db_prepare(audit->store, "SELECT hash, seq FROM identity");
    int found;
    while ((found = db_row(audit->store, statement)) == 1)
        *ret_sum +=
            weigh((uint64_t)sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1));
    return found;
}

/* Rows that are indexed although the mark has not come to them yet count too. */
static int sum_facts(struct audit *audit, uint64_t *ret_sum)
{
    sqlite3_stmt *statement = db_prepare(
        audit->store,
        "SELECT seq, body FROM journal WHERE (seq <="
        " (SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE name = 'indexed')"
        " OR seq IN (SELECT seq FROM identity)) AND seq > ?1");
    sqlite3_bind_int64(statement, 1, audit->retired);
    uint64_t hash;
    int found;
    while ((found = db_row(audit->store, statement)) == 1)
        if (body_hash(statement, 1, &hash))
            *ret_sum += weigh(hash, sqlite3_column_int64(statement, 0));
    return found;
}

static void check_identity(struct audit *audit, sqlite3_stmt *statement)
{
    uint64_t hash = 0;
    bool fits =
        body_hash(statement, 2, &hash) && (int64_t)hash == sqlite3_column_int64(statement, 1);
    if (!fits)
        audit_tell(audit, DAMAGE_FLIPPED, "identity",
                   tr("table identity does not know row %lld of the journal rightly",
                      "表 identity 对日志第 %lld 行的索引有误"),
                   (long long)sqlite3_column_int64(statement, 0));
}

static int check_identities(struct audit *audit)
{
    uint64_t index = 0, facts = 0;
    if (sum_index(audit, &index) < 0)
        return audit_unreadable(audit, "identity");
    if (sum_facts(audit, &facts) < 0)
        return audit_unreadable(audit, "journal");
    if (index == facts)
        return 0;
    int damages = audit->report->damages;
    rows_of(audit, "identity",
            "SELECT i.seq, i.hash, j.body FROM identity i LEFT JOIN journal j USING (seq)"
            " ORDER BY i.seq",
            check_identity);
    if (audit->report->damages == damages)
        audit_tell(audit, DAMAGE_DELETED, "identity",
                   tr("table identity lacks rows of the journal", "表 identity 缺少日志中的行"));
    return 0;
}

/* ---- the file -------------------------------------------------------------------- */

static void tell_structure(struct audit *audit, sqlite3_stmt *statement)
{
    const char *text = db_text(statement, 0);
    if (!str_equal(text, "ok"))
        audit_tell(audit, DAMAGE_STRUCTURE, "structure",
                   tr("the file is damaged: %s", "文件已损坏：%s"), text ? text : "?");
}

static void tell_reference(struct audit *audit, sqlite3_stmt *statement)
{
    audit_tell(audit, DAMAGE_DELETED, "reference",
               tr("table %s, row %s refers to table %s, where nothing answers",
                  "表 %s 的行 %s 引用表 %s 中不存在的行"),
               db_text(statement, 0), db_text(statement, 1) ? db_text(statement, 1) : "?",
               db_text(statement, 2));
}

static void tell_page(void *arg, int64_t page, const char *table)
{
    audit_tell(
        arg, DAMAGE_STRUCTURE, "pages",
        tr("page %lld of the file, of table %s, is damaged", "文件第 %lld 页（属表 %s）已损坏"),
        (long long)page, table);
}

int audit_rest(struct audit *audit)
{
    check_added(audit);
    check_hashes(audit);
    rows_of(audit, "bundle", "SELECT hash FROM bundle ORDER BY hash", check_bundle);
    check_identities(audit);
    rows_of(audit, "foreign keys", "PRAGMA foreign_key_check", tell_reference);
    rows_of(audit, "structure", "PRAGMA integrity_check(20)", tell_structure);
    return guard_scan(audit->store, tell_page, audit);
}
