/* The steps from each version of the schema to the next.
 *
 * To add one: change schema.sql, write migrate_NNN.sql with the same outcome for a store of version
 * NNN - 1, add its row below.  A step that was ever released is never changed again.  Steps run
 * with foreign keys off, as SQLite advises for tables that are rebuilt; they are checked before
 * each commit. */
#include "store/migrate.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/migrate_chain.h"
#include <assert.h>
#include <stdlib.h>

struct step {
    const char *sql;                  /* a resource */
    int (*work)(struct store *store); /* after it, what SQL alone cannot do; or NULL */
    const char *sql_after;            /* a resource, or NULL */
};
static const struct step steps[] = {
    /* 1 is the first schema that was ever used; steps[i] leads from version i + 1 to i + 2. */
    {"core/store/migrate_002.sql", NULL, NULL},
    {"core/store/migrate_003.sql", migrate_chain, "core/store/migrate_003_end.sql"},
    {"core/store/migrate_004.sql", NULL, NULL},
};

enum { STEPS = sizeof steps / sizeof *steps };

int64_t migrate_version(void)
{
    return STEPS + 1;
}

static int run_resource(struct store *store, const char *path)
{
    const struct resource *sql = path ? resource_find(path) : NULL;
    assert(sql || !path);
    return sql ? db_exec(store, (const char *)sql->data) : 0;
}

static int check_references(struct store *store)
{
    sqlite3_stmt *statement = db_prepare(store, "PRAGMA foreign_key_check");
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    int err =
        db_damaged(store, tr("table %s refers to rows that are missing", "表 %s 引用的行缺失"),
                   db_text(statement, 0));
    sqlite3_reset(statement);
    return err;
}

static int stamp(struct store *store, int64_t version)
{
    char *sql = xasprintf("PRAGMA user_version = %lld; COMMIT", (long long)version);
    int err = db_exec(store, sql);
    free(sql);
    return err;
}

static int take_step(struct store *store, const struct step *step, int64_t version)
{
    int err = db_exec(store, "BEGIN IMMEDIATE");
    if (err == 0)
        err = run_resource(store, step->sql);
    if (err == 0 && step->work)
        err = step->work(store);
    if (err == 0)
        err = run_resource(store, step->sql_after);
    if (err == 0)
        err = check_references(store);
    if (err == 0)
        err = stamp(store, version);
    if (err < 0 && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

int migrate(struct store *store, int64_t version)
{
    assert(version >= 1 && version <= migrate_version());
    if (version == migrate_version())
        return 0;
    int err = db_exec(store, "PRAGMA foreign_keys = 0");
    for (; err == 0 && version < migrate_version(); version++)
        err = take_step(store, &steps[version - 1], version + 1);
    if (err == 0)
        err = db_exec(store, "PRAGMA foreign_keys = 1");
    return err;
}
