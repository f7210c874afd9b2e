/* Two runs in memory, and a table on disk behind a sieve.
 *
 *     young   the newest identities, in the order of their rows, with a hash table over them
 *     old     what young was when it was full: sorted, on its way into the table
 *     table   everything up to meta.indexed
 *     sieve   what is certainly in neither: nearly all that is asked for
 *
 * A random insert into a large B-tree dirties a page of its own, and each commit writes that page
 * whole; sorted, neighbours share one.  With a million rows that made the difference between 20,000
 * and 200,000 facts a second.  The portions of a fold are proportional to the facts of the
 * transaction, so that no commit is held up by it, and `old` is done before `young` is full.
 *
 * Looking into the table costs as much as appending the fact, and into old seventeen trips to
 * memory, hence the sieve.  Whatever grows old goes into it; what was in the table before a start
 * is put in by portions, in the table's order, and until its turn has come a hash is looked for in
 * the table. */
#include "store/identity.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "store/link.h"
#include "store/sieve.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    YOUNG_MAX = 1 << 17, /* identities: 2 MiB, and a start that reads at most twice as many rows */
    SLOTS = YOUNG_MAX * 4, /* of the hash table; a large transaction may exceed YOUNG_MAX */
    FOLD_FACTOR = 2,       /* identities folded per fact recorded */
    FOLD_LEAST = 64,
    SIFT_FACTOR = 8, /* hashes of the table that the sieve learns per fact recorded */
    SIFT_LEAST = 256,
    SIFT_FIRST = 4096, /* at the start: a small table is known at once */
};

struct entry {
    uint64_t hash;
    int64_t seq;
};
struct run {
    struct entry *entries;
    size_t count, capacity;
};
struct identity {
    size_t young_max;
    struct run young, old;
    uint32_t *slots; /* index into young, plus one; 0: free */
    size_t slot_count;
    size_t folded;  /* of old */
    size_t settled; /* of young: belongs to committed transactions */
    size_t folded_settled;
    bool swapped;                     /* the open transaction has finished old */
    int64_t retired, retired_settled; /* rows up to here are not wanted in the table any more */
    struct sieve *sieve;              /* NULL: none, it is worn out */
    int64_t sifting;                  /* the sieve lacks hashes of the table from here on, unless */
    bool sifted;                      /* it has all of them */
};

/* ---- text and hash ------------------------------------------------------ */

/* Beyond the closing quote of a JSON string, or NULL. */
static const char *skip_string(const char *at)
{
    if (*at != '"')
        return NULL;
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

/* An unescaped quote cannot stand inside a string, so the first match is the member itself. */
bool identity_text(const char *content, const char **ret_text, size_t *ret_size)
{
    static const char source[] = ",\"source\":", id[] = ",\"id\":";
    const char *from = strstr(content, source);
    const char *at = from ? skip_string(from + sizeof source - 1) : NULL;
    if (!at || strncmp(at, id, sizeof id - 1) != 0 || !(at = skip_string(at + sizeof id - 1)))
        return false;
    *ret_text = from;
    *ret_size = (size_t)(at - from);
    return true;
}

bool identity_is(const char *body, const char *text, size_t size)
{
    const char *own;
    size_t own_size;
    return body && identity_text(body, &own, &own_size) && own_size == size &&
           memcmp(own, text, size) == 0;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, eight bytes at a time.  No defence against made-up collisions is needed: they
 * cost a comparison each and change no answer. */
uint64_t identity_hash(const char *text, size_t size)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ size;
    for (; size >= 8; text += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = mix(hash ^ word, 0xd6e8feb86659fd93u);
    }
    uint64_t rest = 0;
    memcpy(&rest, text, size);
    hash = mix(hash ^ rest, 0xa0761d6478bd642fu);
    return mix(hash, 0xe7037ed1a0b428dbu);
}

/* ---- the runs in memory ------------------------------------------------- */

static void place(struct identity *identity, size_t index)
{
    size_t mask = identity->slot_count - 1;
    size_t slot = identity->young.entries[index].hash & mask;
    while (identity->slots[slot])
        slot = (slot + 1) & mask;
    identity->slots[slot] = (uint32_t)index + 1;
}

static void rebuild_slots(struct identity *identity)
{
    while (identity->slot_count < identity->young.capacity * 2)
        identity->slot_count *= 2;
    free(identity->slots);
    identity->slots = xcalloc(identity->slot_count, sizeof *identity->slots);
    for (size_t i = 0; i < identity->young.count; i++)
        place(identity, i);
}

void identity_add(struct identity *identity, uint64_t hash, int64_t seq)
{
    struct run *young = &identity->young;
    void *entries = young->entries;
    xgrow(&entries, young->count, &young->capacity, sizeof *young->entries);
    young->entries = entries;
    young->entries[young->count++] = (struct entry){hash, seq};
    if (young->capacity * 2 > identity->slot_count)
        rebuild_slots(identity);
    else
        place(identity, young->count - 1);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->hash != y->hash)
        return (int64_t)x->hash < (int64_t)y->hash ? -1 : 1; /* as the table orders them */
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int find_old(const struct run *old, uint64_t hash, int (*each)(void *arg, int64_t seq),
                    void *arg)
{
    size_t low = 0, high = old->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((int64_t)old->entries[middle].hash < (int64_t)hash)
            low = middle + 1;
        else
            high = middle;
    }
    int answer = 0;
    for (; answer == 0 && low < old->count && old->entries[low].hash == hash; low++)
        answer = each(arg, old->entries[low].seq);
    return answer;
}

static int find_young(const struct identity *identity, uint64_t hash,
                      int (*each)(void *arg, int64_t seq), void *arg)
{
    size_t mask = identity->slot_count - 1;
    int answer = 0;
    for (size_t slot = hash & mask; answer == 0 && identity->slots[slot];
         slot = (slot + 1) & mask) {
        const struct entry *entry = &identity->young.entries[identity->slots[slot] - 1];
        if (entry->hash == hash)
            answer = each(arg, entry->seq);
    }
    return answer;
}

static int find_table(struct store *store, uint64_t hash, int (*each)(void *arg, int64_t seq),
                      void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq FROM identity WHERE hash = ?1 ORDER BY seq");
    sqlite3_bind_int64(statement, 1, (int64_t)hash);
    int found, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) != 0)
        answer = found < 0 ? found : each(arg, sqlite3_column_int64(statement, 0));
    if (answer != 0)
        sqlite3_reset(statement);
    return answer;
}

/* Whether the sieve has learnt what the table held of this hash at the start. */
static bool is_sifted(const struct identity *identity, uint64_t hash)
{
    return identity->sifted || (int64_t)hash < identity->sifting;
}

int identity_find(struct identity *identity, struct store *store, uint64_t hash,
                  int (*each)(void *arg, int64_t seq), void *arg)
{
    if (identity->sieve)
        sieve_fetch(identity->sieve, hash);
    int answer = find_young(identity, hash, each, arg);
    bool perhaps = answer == 0 && (!identity->sieve || sieve_holds(identity->sieve, hash));
    if (perhaps)
        answer = find_old(&identity->old, hash, each, arg);
    if (answer == 0 && (perhaps || !is_sifted(identity, hash)))
        answer = find_table(store, hash, each, arg);
    return answer;
}

/* ---- the sieve ---------------------------------------------------------- */

static void sift_hash(struct identity *identity, uint64_t hash)
{
    if (!identity->sieve)
        return;
    sieve_put(identity->sieve, hash);
    if (!sieve_is_worn(identity->sieve))
        return;
    sieve_free(identity->sieve);
    identity->sieve = NULL;
}

/* Makes the sieve know the next hashes of the table. */
static int sift(struct identity *identity, struct store *store, size_t portion)
{
    if (!identity->sieve || identity->sifted)
        return 0;
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT hash FROM identity WHERE hash >= ?1 ORDER BY hash LIMIT ?2");
    sqlite3_bind_int64(statement, 1, identity->sifting);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)portion);
    size_t rows = 0;
    int found;
    for (int64_t hash; (found = db_row(store, statement)) == 1; rows++) {
        hash = sqlite3_column_int64(statement, 0);
        sift_hash(identity, (uint64_t)hash);
        identity->sifted = hash == INT64_MAX;
        identity->sifting = identity->sifted ? hash : hash + 1;
    }
    if (found == 0 && rows < portion)
        identity->sifted = true;
    return found;
}

/* ---- into the table ----------------------------------------------------- */

#define FOUR_ROWS "(?,?),(?,?),(?,?),(?,?)"
enum { ROWS_TOGETHER = 16 }; /* a statement for each row would cost half as much again */

static int put(struct store_tx *tx, const struct entry *entries, size_t count)
{
    assert(count == 1 || count == ROWS_TOGETHER);
    sqlite3_stmt *statement =
        count == 1
            ? db_prepare(tx->store, "INSERT OR IGNORE INTO identity (hash, seq) VALUES (?,?)")
            : db_prepare(tx->store, "INSERT OR IGNORE INTO identity (hash, seq) VALUES " FOUR_ROWS
                                    "," FOUR_ROWS "," FOUR_ROWS "," FOUR_ROWS);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(statement, 2 * (int)i + 1, (int64_t)entries[i].hash);
        sqlite3_bind_int64(statement, 2 * (int)i + 2, entries[i].seq);
    }
    return db_run(tx->store, statement);
}

static int put_all(struct store_tx *tx, const struct entry *entries, size_t count)
{
    int err = 0;
    for (size_t step; err == 0 && count > 0; entries += step, count -= step) {
        step = count >= ROWS_TOGETHER ? ROWS_TOGETHER : 1;
        err = put(tx, entries, step);
    }
    return err;
}

/* The next of old that belong into the table, so many at most. */
static int put_portion(struct identity *identity, struct store_tx *tx, size_t portion)
{
    struct entry wanted[ROWS_TOGETHER * 4];
    const struct run *old = &identity->old;
    int err = 0;
    while (err == 0 && portion > 0 && identity->folded < old->count) {
        size_t count = 0;
        for (; portion > 0 && identity->folded < old->count && count < ROWS_TOGETHER * 4;
             portion--) {
            const struct entry *entry = &old->entries[identity->folded++];
            if (entry->seq > identity->retired)
                wanted[count++] = *entry;
        }
        err = put_all(tx, wanted, count);
    }
    return err;
}

static int64_t last_of(const struct run *run)
{
    int64_t last = 0;
    for (size_t i = 0; i < run->count; i++)
        last = run->entries[i].seq > last ? run->entries[i].seq : last;
    return last;
}

static int mark(struct store_tx *tx, int64_t seq)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store,
        "INSERT OR REPLACE INTO meta (name, value) VALUES ('indexed', CAST(?1 AS TEXT))");
    sqlite3_bind_int64(statement, 1, seq);
    return db_run(tx->store, statement);
}

/* Only rows of committed transactions grow old, so that a rollback has to look at young alone. */
static void grow_old(struct identity *identity)
{
    struct run spare = identity->old;
    identity->old = identity->young;
    identity->young = spare;
    identity->young.count = 0;
    identity->settled = identity->folded = identity->folded_settled = 0;
    qsort(identity->old.entries, identity->old.count, sizeof *identity->old.entries,
          compare_entries);
    for (size_t i = 0; i < identity->old.count; i++)
        sift_hash(identity, identity->old.entries[i].hash);
    rebuild_slots(identity);
}

static size_t portion_of(const struct identity *identity, size_t factor, size_t least)
{
    size_t portion = (identity->young.count - identity->settled) * factor;
    return portion < least ? least : portion;
}

int identity_fold(struct identity *identity, struct store_tx *tx)
{
    struct run *old = &identity->old;
    int err = sift(identity, tx->store, portion_of(identity, SIFT_FACTOR, SIFT_LEAST));
    if (old->count == 0)
        return err;
    if (err == 0)
        err = put_portion(identity, tx, portion_of(identity, FOLD_FACTOR, FOLD_LEAST));
    if (err == 0 && identity->folded == old->count) {
        err = mark(tx, last_of(old));
        identity->swapped = true;
    }
    return err;
}

void identity_settle(struct identity *identity, bool committed)
{
    bool finished = identity->swapped && committed;
    identity->swapped = false;
    if (!committed) {
        identity->retired = identity->retired_settled;
        identity->folded = identity->folded_settled;
        if (identity->young.count > identity->settled) {
            identity->young.count = identity->settled;
            rebuild_slots(identity);
        }
        return;
    }
    identity->retired_settled = identity->retired;
    identity->settled = identity->young.count;
    identity->folded_settled = identity->folded;
    if (finished)
        identity->old.count = 0;
    if (identity->old.count == 0 && identity->young.count >= identity->young_max)
        grow_old(identity);
}

void identity_limit(struct identity *identity, size_t young_max)
{
    identity->young_max = young_max;
}

int identity_forget(struct store_tx *tx, int64_t seq)
{
    if (tx->store->identity)
        tx->store->identity->retired = seq;
    sqlite3_stmt *statement = db_prepare(tx->store, "DELETE FROM identity WHERE seq <= ?1");
    sqlite3_bind_int64(statement, 1, seq);
    return db_run(tx->store, statement);
}

/* ---- at a start --------------------------------------------------------- */

static int64_t indexed(struct store *store)
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT value FROM meta WHERE name = 'indexed'");
    int64_t seq = 0;
    int err = db_number(store, statement, &seq);
    return err == ERR_STORE ? err : seq;
}

static int read_tail(struct identity *identity, struct store *store, int64_t after)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT seq, body FROM journal WHERE seq > ?1 ORDER BY seq");
    sqlite3_bind_int64(statement, 1, after);
    int found;
    while ((found = db_row(store, statement)) == 1) {
        const char *text, *body = db_text(statement, 1);
        size_t size;
        if (body && identity_text(body, &text, &size))
            identity_add(identity, identity_hash(text, size), sqlite3_column_int64(statement, 0));
    }
    return found;
}

int identity_load(struct store *store)
{
    if (store->identity)
        return 0;
    struct identity *identity = xcalloc(1, sizeof *identity);
    identity->young_max = YOUNG_MAX;
    identity->slot_count = SLOTS;
    identity->slots = xcalloc(SLOTS, sizeof *identity->slots);
    identity->sieve = sieve_new();
    identity->sifting = INT64_MIN;
    unsigned char link[HASH_BYTES];
    int64_t after = indexed(store);
    int err = after < 0 ? (int)after : link_retired(store, &identity->retired, link);
    if (err == 0)
        err = read_tail(identity, store, after > identity->retired ? after : identity->retired);
    if (err == 0)
        err = sift(identity, store, SIFT_FIRST);
    if (err < 0) {
        identity_free(identity);
        return err;
    }
    identity_settle(identity, true);
    store->identity = identity;
    return 0;
}

void identity_free(struct identity *identity)
{
    if (!identity)
        return;
    free(identity->young.entries);
    free(identity->old.entries);
    free(identity->slots);
    sieve_free(identity->sieve);
    free(identity);
}
