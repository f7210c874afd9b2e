/* Along the chain, link by link.
 *
 * A link is made from the stored link before, so a bad row is found by itself and the walk goes on
 * behind it.  Only when a stored link is what was damaged do both its row and the next not fit;
 * therefore the link as it should have been is kept as a second try. */
#include "base/err.h"
#include "base/hash.h"
#include "base/lang.h"
#include "store/audit_inner.h"
#include "store/link.h"
#include "store/seal.h"
#include <stdio.h>
#include <string.h>

enum { PROGRESS_EVERY = 4096 };

struct walk {
    struct audit *audit;
    int64_t seq;                      /* the fact we stand at */
    unsigned char chain[HASH_BYTES];  /* the link there, as stored */
    unsigned char second[HASH_BYTES]; /* as it should have been, when `doubtful` */
    bool doubtful;
    bool bad; /* something at this fact does not fit */
    sqlite3_stmt *seals;
    int sealed; /* 1: `seals` stands on a row */
    int64_t place;
};

static struct hasher *hasher_of(const struct walk *walk)
{
    return walk->audit->store->hasher;
}

/* Takes the stored link over; `made` is what it should be. */
static void step(struct walk *walk, sqlite3_stmt *statement, int column,
                 const unsigned char made[HASH_BYTES], bool fits)
{
    walk->doubtful = !fits;
    memcpy(walk->second, made, HASH_BYTES);
    memset(walk->chain, 0, HASH_BYTES);
    if (sqlite3_column_bytes(statement, column) == HASH_BYTES)
        memcpy(walk->chain, sqlite3_column_blob(statement, column), HASH_BYTES);
}

/* ---- rows beside the facts ------------------------------------------------- */

/* Whether the row went when its fact retired. */
static bool is_retired(const struct walk *walk, enum seal_part part, const char *row)
{
    long long seq = walk->seq;
    if (part == SEAL_DECISION)
        sscanf(row, "%lld/", &seq);
    return seq <= walk->audit->retired;
}

static bool row_fits(struct walk *walk, enum seal_part part, const char *row,
                     const unsigned char before[HASH_BYTES], sqlite3_stmt *statement,
                     unsigned char ret[HASH_BYTES])
{
    memcpy(ret, before, HASH_BYTES);
    chain_row(hasher_of(walk), ret, seal_part_name(part), row, statement);
    return db_is_hash(walk->seals, 4, ret);
}

static int check_beside(struct walk *walk, enum seal_part part, const char *row)
{
    struct audit *audit = walk->audit;
    const char *table = seal_part_name(part);
    sqlite3_stmt *statement = seal_row(audit->store, part, row);
    int found = db_row(audit->store, statement);
    if (found < 0)
        return audit_unreadable(audit, table);
    unsigned char made[HASH_BYTES] = {0}, other[HASH_BYTES];
    bool fits = true;
    if (found == 1) {
        fits = row_fits(walk, part, row, walk->chain, statement, made) ||
               (walk->doubtful && row_fits(walk, part, row, walk->second, statement, other));
        sqlite3_reset(statement);
    }
    if (!fits)
        audit_tell(audit, DAMAGE_FLIPPED, table,
                   tr("table %s, row %s: changed after it was written (fact %lld)",
                      "表 %s 的行 %s 在写入后被改动（第 %lld 条事实）"),
                   table, row, (long long)walk->seq);
    if (found == 0 && !is_retired(walk, part, row))
        audit_tell(
            audit, DAMAGE_DELETED, table,
            tr("table %s, row %s is gone (fact %lld)", "表 %s 的行 %s 已丢失（第 %lld 条事实）"),
            table, row, (long long)walk->seq);
    walk->bad |= !fits;
    step(walk, walk->seals, 4, made, fits);
    audit->report->rows += found;
    return 0;
}

static int check_seal(struct walk *walk)
{
    struct audit *audit = walk->audit;
    int64_t place = sqlite3_column_int64(walk->seals, 1);
    const char *name = db_text(walk->seals, 2), *row = db_text(walk->seals, 3);
    int part = name ? seal_part_of(name) : ERR_NOT_FOUND;
    if (part < 0 || !row) {
        audit_tell(audit, DAMAGE_FLIPPED, "seal",
                   tr("table seal, row %lld/%lld: changed", "表 seal 的行 %lld/%lld 被改动"),
                   (long long)walk->seq, (long long)place);
        step(walk, walk->seals, 4, walk->chain, false);
        walk->bad = true;
        return 0;
    }
    if (place != walk->place)
        audit_tell(
            audit, DAMAGE_DELETED, "seal",
            tr("table seal: rows before %lld/%lld are gone", "表 seal 的行 %lld/%lld 之前有缺失"),
            (long long)walk->seq, (long long)place);
    walk->place = place + 1;
    return check_beside(walk, (enum seal_part)part, row);
}

static int next_seal(struct walk *walk)
{
    walk->sealed = db_row(walk->audit->store, walk->seals);
    return walk->sealed < 0 ? audit_unreadable(walk->audit, "seal") : 0;
}

/* Links that belong to no fact: theirs is gone. */
static int skip_orphans(struct walk *walk)
{
    int err = 0;
    while (err == 0 && walk->sealed == 1 && sqlite3_column_int64(walk->seals, 0) < walk->seq)
        err = next_seal(walk);
    return err;
}

static int check_seals(struct walk *walk)
{
    int err = skip_orphans(walk);
    walk->place = 0;
    while (err == 0 && walk->sealed == 1 && sqlite3_column_int64(walk->seals, 0) == walk->seq) {
        err = check_seal(walk);
        audit_anchors_meet(walk->audit, walk->seq, walk->chain);
        if (err == 0)
            err = next_seal(walk);
    }
    return err;
}

/* ---- facts ------------------------------------------------------------------ */

static bool fact_fits(struct walk *walk, const struct chain_fact *row, sqlite3_stmt *statement,
                      const unsigned char before[HASH_BYTES], unsigned char ret[HASH_BYTES])
{
    memcpy(ret, before, HASH_BYTES);
    chain_fact(hasher_of(walk), ret, row);
    return db_is_hash(statement, CHAIN_FACT_LINK, ret);
}

static void doubt(struct walk *walk, int64_t seq)
{
    struct audit *audit = walk->audit;
    if (audit->doubt_count == AUDIT_DOUBTS_MAX) {
        audit->report->damages++;
        return;
    }
    struct doubt *one = &audit->doubts[audit->doubt_count++];
    *one = (struct doubt){.seq = seq};
    memcpy(one->before, walk->chain, HASH_BYTES);
}

static void tell_gap(struct walk *walk, int64_t next)
{
    audit_tell(walk->audit, DAMAGE_DELETED, "journal",
               next - walk->seq == 2
                   ? tr("table journal: row %lld is gone", "表 journal 的第 %lld 行已丢失")
                   : tr("table journal: rows %lld to %lld are gone",
                        "表 journal 的第 %lld 至 %lld 行已丢失"),
               (long long)walk->seq + 1, (long long)next - 1);
}

static int check_fact(struct walk *walk, sqlite3_stmt *statement)
{
    struct audit *audit = walk->audit;
    struct chain_fact row;
    unsigned char made[HASH_BYTES] = {0}, other[HASH_BYTES];
    bool readable = chain_fact_of(statement, &row);
    bool gap = row.seq != walk->seq + 1;
    if (gap)
        tell_gap(walk, row.seq);
    /* Behind a gap the link before is unknown; the row is taken as it is. */
    bool fits =
        gap ||
        (readable && (fact_fits(walk, &row, statement, walk->chain, made) ||
                      (walk->doubtful && fact_fits(walk, &row, statement, walk->second, other))));
    if (!fits)
        doubt(walk, row.seq);
    step(walk, statement, 6, made, fits);
    walk->seq = row.seq;
    walk->bad = !fits;
    audit->report->facts++;
    if (audit->report->first == 0)
        audit->report->first = row.seq;
    audit_anchors_meet(audit, row.seq, walk->chain);
    int err = check_seals(walk);
    audit_anchors_pass(audit, row.seq, walk->bad || gap);
    if (audit->options->progress && audit->report->facts % PROGRESS_EVERY == 0)
        audit->options->progress(audit->options->arg, audit->report->facts, audit->total);
    return err;
}

/* ---- moved, or only changed -------------------------------------------------- */

/* Whether the row at `other`, put in the place of `one`, makes a link that one of the two bears. */
static bool belongs_at(struct audit *audit, const struct doubt *one, const struct doubt *other)
{
    sqlite3_stmt *statement = db_prepare(audit->store, CHAIN_FACT_COLUMNS " WHERE seq = ?1");
    unsigned char own[HASH_BYTES] = {0}, made[HASH_BYTES];
    struct chain_fact row;
    sqlite3_bind_int64(statement, 1, one->seq);
    if (db_row(audit->store, statement) == 1 &&
        sqlite3_column_bytes(statement, CHAIN_FACT_LINK) == HASH_BYTES)
        memcpy(own, sqlite3_column_blob(statement, CHAIN_FACT_LINK), HASH_BYTES);
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, other->seq);
    bool found = db_row(audit->store, statement) == 1 && chain_fact_of(statement, &row);
    bool fits = false;
    if (found) {
        row.seq = one->seq;
        memcpy(made, one->before, HASH_BYTES);
        chain_fact(audit->store->hasher, made, &row);
        fits = db_is_hash(statement, CHAIN_FACT_LINK, made) || memcmp(made, own, HASH_BYTES) == 0;
    }
    sqlite3_reset(statement);
    return fits;
}

static void judge(struct audit *audit)
{
    for (int i = 0; i < audit->doubt_count; i++) {
        struct doubt *one = &audit->doubts[i];
        for (int j = 0; j < audit->doubt_count && !one->moved; j++) {
            if (j == i || !belongs_at(audit, one, &audit->doubts[j]))
                continue;
            one->moved = audit->doubts[j].moved = true;
            audit_tell(audit, DAMAGE_REORDERED, "journal",
                       tr("table journal: row %lld stands in the place of row %lld",
                          "表 journal 的第 %lld 行被移到第 %lld 行的位置"),
                       (long long)one->seq, (long long)audit->doubts[j].seq);
        }
    }
    for (int i = 0; i < audit->doubt_count; i++) {
        if (!audit->doubts[i].moved)
            audit_tell(audit, DAMAGE_FLIPPED, "journal",
                       tr("table journal, row %lld: changed after it was written",
                          "表 journal 的第 %lld 行在写入后被改动"),
                       (long long)audit->doubts[i].seq);
    }
}

static int walk_facts(struct walk *walk)
{
    struct audit *audit = walk->audit;
    sqlite3_stmt *statement =
        db_prepare(audit->store, CHAIN_FACT_COLUMNS " WHERE seq > ?1 ORDER BY seq");
    sqlite3_bind_int64(statement, 1, walk->seq);
    int found = 0, err = 0;
    while (err == 0 && (found = db_row(audit->store, statement)) == 1)
        err = check_fact(walk, statement);
    if (err == 0 && found < 0)
        err = audit_unreadable(audit, "journal");
    sqlite3_reset(statement);
    return err;
}

int audit_walk(struct audit *audit)
{
    struct walk walk = {.audit = audit};
    int err = link_start(audit->store, audit->options->from, &walk.seq, walk.chain);
    if (err == ERR_NOT_FOUND) {
        /* There is no such fact: the end is gone, and the anchors say so. */
        walk.seq = audit->options->from;
        err = 0;
    }
    walk.seals = db_prepare(audit->store, "SELECT seq, place, part, row, chain FROM seal"
                                          " WHERE seq > ?1 ORDER BY seq, place");
    if (err < 0 || !walk.seals)
        return audit_unreadable(audit, "journal");
    sqlite3_bind_int64(walk.seals, 1, walk.seq);
    err = next_seal(&walk);
    if (err == 0)
        err = walk_facts(&walk);
    sqlite3_reset(walk.seals);
    audit->report->last = audit->report->facts > 0 ? walk.seq : 0;
    memcpy(audit->report->chain, walk.chain, HASH_BYTES);
    judge(audit);
    audit_anchors_end(audit);
    return err;
}
