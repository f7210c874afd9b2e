/* The audit put together, and its findings in words. */
#include "store/audit.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "store/audit_inner.h"
#include "store/link.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *code_of(enum damage damage)
{
    static const char *const codes[DAMAGES] = {"D110", "D111", "D112", "D113",
                                               "D114", "D115", "D116"};
    return codes[damage];
}

static const char *hint_of(enum damage damage)
{
    switch (damage) {
    case DAMAGE_TRUNCATED:
    case DAMAGE_REWRITTEN:
        return tr("keep the file as it is; compare with the anchors kept elsewhere and a backup",
                  "请保留该文件原样，并与另行保存的锚点和备份比对");
    case DAMAGE_STRUCTURE:
        return tr("keep the file as it is; restore the newest backup with `yujing store restore`",
                  "请保留该文件原样，用 yujing store restore 恢复最近的备份");
    default:
        return tr("keep the file as it is; the row can be read in a backup",
                  "请保留该文件原样；该行的原貌可在备份中查得");
    }
}

/* The first of its kind in its table. */
static bool is_first(struct audit *audit, enum damage damage, const char *table)
{
    for (int i = 0; i < audit->told_count; i++)
        if (audit->told_kind[i] == damage && str_equal(audit->told[i], table))
            return false;
    if (audit->told_count < AUDIT_TOLD_MAX) {
        audit->told[audit->told_count] = table;
        audit->told_kind[audit->told_count++] = damage;
    }
    return true;
}

void audit_tell(struct audit *audit, enum damage damage, const char *table, const char *format, ...)
{
    audit->report->damages++;
    if (!is_first(audit, damage, table))
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    findings_add(audit->findings, SEV_ERROR, code_of(damage),
                 (struct place){.file = audit->store->path}, hint_of(damage), "%s", text);
}

int audit_unreadable(struct audit *audit, const char *table)
{
    audit->unreadable = true;
    audit_tell(audit, DAMAGE_STRUCTURE, table,
               tr("table %s cannot be read to its end: %s", "表 %s 无法读完：%s"), table,
               store_message(audit->store));
    return 0;
}

static int count_facts(struct audit *audit)
{
    sqlite3_stmt *statement = db_prepare(audit->store, "SELECT coalesce(max(seq), 0) FROM journal");
    int64_t last, from = audit->retired;
    if (db_number(audit->store, statement, &last) < 0)
        return audit_unreadable(audit, "journal");
    from = audit->options->from > from ? audit->options->from : from;
    audit->total = last - from;
    return 0;
}

static int verify(struct audit *audit)
{
    unsigned char link[HASH_BYTES];
    int err = link_retired(audit->store, &audit->retired, link);
    if (err == 0)
        err = count_facts(audit);
    if (err == 0)
        err = audit_anchors_gather(audit);
    if (err == 0)
        err = audit_walk(audit);
    if (err == 0 && !audit->options->tail)
        err = audit_rest(audit);
    return err;
}

/* The whole is seen at one moment, also beside a daemon that goes on writing. */
int audit_verify(struct store *store, const struct audit_options *options,
                 struct audit_report *ret_report, struct findings *findings)
{
    struct audit_report report = {0};
    struct audit audit = {
        .store = store, .options = options, .report = &report, .findings = findings};
    bool own = sqlite3_get_autocommit(store->db);
    int err = own ? db_exec(store, "BEGIN") : 0;
    if (err == 0)
        err = verify(&audit);
    if (own)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    free(audit.anchors);
    *ret_report = report;
    return err < 0 ? err : report.damages > 0;
}

/* The anchor's own row is verified too, so that the anchor is held to it. */
int audit_tail(struct store *store, struct audit_report *ret_report, struct findings *findings)
{
    struct anchor newest;
    int found = anchor_before(store, INT64_MAX, &newest);
    if (found < 0)
        return found;
    struct audit_options options = {.from = found == 1 ? newest.seq - 1 : 0, .tail = true};
    return audit_verify(store, &options, ret_report, findings);
}

/* -1: unreadable; INT64_MAX: there is no such row (any more). */
static int64_t arrival_of(struct store *store, int64_t seq)
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT arrival FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, seq);
    int64_t arrival;
    int err = db_number(store, statement, &arrival);
    return err == 0 ? arrival : err == ERR_NOT_FOUND ? INT64_MAX : -1;
}

static int ends_of(struct store *store, int64_t *ret_first, int64_t *ret_last)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM journal");
    if (db_row(store, statement) != 1)
        return ERR_STORE;
    *ret_first = sqlite3_column_int64(statement, 0);
    *ret_last = sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return 0;
}

/* Arrivals never fall, so the place is found by halving. */
int64_t audit_seq_before(struct store *store, instant_ms arrival)
{
    int64_t low, high;
    if (ends_of(store, &low, &high) < 0)
        return -1;
    while (low <= high) {
        int64_t middle = low + (high - low) / 2;
        int64_t there = arrival_of(store, middle);
        if (there == -1)
            return -1;
        if (there < arrival)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return low - 1;
}
