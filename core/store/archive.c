/* Bundles as texts in a table, and back. */
#include "store/archive.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "store/db.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int put_text(struct store_tx *tx, const char *hash, const struct bundle_text *text)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT INTO bundle_text (hash, name, shown, data) VALUES (?1, ?2, ?3, ?4)");
    db_bind_text(statement, 1, hash);
    db_bind_text(statement, 2, text->name);
    db_bind_text(statement, 3, text->shown);
    assert(text->data);
    db_bind_blob(statement, 4, text->data, text->size);
    return db_run(tx->store, statement);
}

int archive_put(struct store_tx *tx, const struct bundle *bundle, const char *with_json)
{
    assert(tx->open);
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO bundle (hash, overrides, recorded) VALUES (?1, ?3, ?2) "
                              "ON CONFLICT DO NOTHING");
    db_bind_text(statement, 1, bundle->hash);
    sqlite3_bind_int64(statement, 2, tx->recorded);
    db_bind_text(statement, 3, with_json);
    int err = db_run(tx->store, statement);
    bool known = err == 0 && sqlite3_changes(tx->store->db) == 0;
    for (size_t i = 0; err == 0 && !known && i < bundle->text_count; i++)
        err = put_text(tx, bundle->hash, &bundle->texts[i]);
    return err;
}

struct texts {
    struct arena arena;
    struct bundle_text *items;
    size_t count, capacity;
    const char *with_json; /* or NULL */
};

static void add_text(struct texts *texts, sqlite3_stmt *statement)
{
    void *items = texts->items;
    xgrow(&items, texts->count, &texts->capacity, sizeof *texts->items);
    texts->items = items;
    size_t size = (size_t)sqlite3_column_bytes(statement, 2);
    char *data = xmalloc(size + 1);
    if (size > 0)
        memcpy(data, sqlite3_column_blob(statement, 2), size);
    data[size] = 0;
    texts->items[texts->count++] = (struct bundle_text){
        .name = arena_strdup(&texts->arena, db_text(statement, 0)),
        .shown = arena_strdup(&texts->arena, db_text(statement, 1)),
        .data = data,
        .size = size,
    };
}

static void texts_release(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free((char *)(uintptr_t)texts->items[i].data);
    arena_release(&texts->arena);
    free(texts->items);
}

static int read_overrides(struct store *store, const char *hash, struct texts *texts)
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT overrides FROM bundle WHERE hash = ?1");
    db_bind_text(statement, 1, hash);
    int found = db_row(store, statement);
    if (found == 1 && db_text(statement, 0))
        texts->with_json = arena_strdup(&texts->arena, db_text(statement, 0));
    sqlite3_reset(statement);
    return found < 0 ? found : 0;
}

static sqlite3_stmt *select_texts(struct store *store, const char *hash)
{
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT name, shown, data FROM bundle_text WHERE hash = ?1 ORDER BY name");
    db_bind_text(statement, 1, hash);
    return statement;
}

static int read_texts(struct store *store, const char *hash, struct texts *texts)
{
    int err = read_overrides(store, hash, texts);
    if (err < 0)
        return err;
    sqlite3_stmt *statement = select_texts(store, hash);
    int found;
    while ((found = db_row(store, statement)) == 1)
        add_text(texts, statement);
    return found;
}

static int complain(struct store *store, const char *hash, struct findings *findings, int err,
                    const char *message)
{
    findings_add(findings, SEV_ERROR, "D010", (struct place){.file = store->path}, NULL, message,
                 hash);
    return err;
}

static int complain_refused(struct store *store, struct findings *findings, int err)
{
    findings_add(findings, SEV_ERROR, "D003", (struct place){.file = store->path}, NULL, "%s",
                 store_message(store));
    return err;
}

static int complain_unknown(struct store *store, const char *hash, struct findings *findings)
{
    return complain(store, hash, findings, ERR_NOT_FOUND,
                    tr("the store does not hold policy %s", "存储中没有预案版本 %s"));
}

static int complain_changed(struct store *store, const char *hash, struct findings *findings)
{
    const char *message =
        tr("the texts of policy %s no longer give its hash", "预案版本 %s 的内容与其哈希不符");
    complain(store, hash, findings, ERR_STORE, message);
    return db_damaged(store, message, hash);
}

int archive_bundle(struct store *store, const char *hash, struct bundle **ret_bundle,
                   struct findings *findings)
{
    struct texts texts = {0};
    struct bundle *bundle = NULL;
    int err = read_texts(store, hash, &texts);
    if (err < 0)
        complain_refused(store, findings, err);
    else if (texts.count == 0)
        err = complain_unknown(store, hash, findings);
    else
        err = bundle_build_of(&bundle, texts.items, texts.count, texts.with_json, findings);
    texts_release(&texts);
    if (err == 0 && !str_equal(bundle->hash, hash))
        err = complain_changed(store, hash, findings);
    if (err < 0) {
        bundle_free(bundle);
        return err;
    }
    bundle_forget_texts(bundle);
    *ret_bundle = bundle;
    return 0;
}

/* The hash of what is kept under this one; *ret_count tells how many texts that is. */
static int hash_kept(struct store *store, const char *hash, char ret_hash[HASH_HEX],
                     size_t *ret_count)
{
    struct texts texts = {0};
    struct hasher *hasher = hasher_new();
    unsigned char bytes[HASH_BYTES];
    size_t count = 0;
    int err = read_overrides(store, hash, &texts), found = 0;
    sqlite3_stmt *statement = select_texts(store, hash);
    while (err == 0 && (found = db_row(store, statement)) == 1) {
        size_t size = (size_t)sqlite3_column_bytes(statement, 2);
        bundle_hash_text(hasher, db_text(statement, 0), size);
        hasher_add(hasher, sqlite3_column_blob(statement, 2), size);
        count++;
    }
    bundle_hash_with(hasher, texts.with_json);
    hasher_done(hasher, bytes);
    hash_hex(bytes, ret_hash);
    texts_release(&texts);
    *ret_count = count;
    return err < 0 ? err : found;
}

int archive_check(struct store *store, const char *hash, struct findings *findings)
{
    char kept[HASH_HEX];
    size_t count = 0;
    int err = hash_kept(store, hash, kept, &count);
    if (err < 0)
        return complain_refused(store, findings, err);
    if (count == 0)
        return complain_unknown(store, hash, findings);
    return str_equal(kept, hash) ? 0 : complain_changed(store, hash, findings);
}

/* When the fact that named it has retired, the snapshots still know it. */
int archive_in_force(struct store *store, char ret_hash[HASH_HEX])
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT coalesce((SELECT json_extract(body, '$.data.hash') FROM journal"
                          " WHERE kind = 'policy' ORDER BY seq DESC LIMIT 1),"
                          " (SELECT bundle FROM snapshot ORDER BY seq DESC LIMIT 1))");
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    const char *hash = found == 1 ? db_text(statement, 0) : NULL;
    snprintf(ret_hash, HASH_HEX, "%s", hash ? hash : "");
    sqlite3_reset(statement);
    return 0;
}
