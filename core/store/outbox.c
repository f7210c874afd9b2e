/* Consignments: written, taken, settled. */
#include "store/outbox.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"
#include "store/outbox_row.h"
#include <assert.h>
#include <string.h>

static const char *const state_names[OUTBOX_STATES] = {
    "shadow", "reserve", "waiting", "sending", "delivered", "dead", "cancelled"};

const char *outbox_state_name(enum outbox_state state)
{
    return state_names[state];
}

enum outbox_state outbox_state_of(const char *name)
{
    int state = 0;
    while (state < OUTBOX_STATES - 1 && !str_equal(name, state_names[state]))
        state++;
    return (enum outbox_state)state;
}

static int run_at(struct store *store, sqlite3_stmt *statement, int column, instant_ms at)
{
    if (statement)
        sqlite3_bind_int64(statement, column, at);
    return db_run(store, statement);
}

/* ---- writing ------------------------------------------------------------ */

/* The states are named twice for SQLite, which proves the use of the partial index outbox_address
 * by the very words of its condition. */
static int hasten_address(struct store_tx *tx, const struct consignment *consignment)
{
    if (!consignment->key.address[0])
        return 0;
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET not_before = ?3 WHERE gateway = ?1 AND address = ?2"
                   " AND state = 'waiting' AND state IN ('waiting', 'sending')"
                   " AND not_before > ?3 AND priority <= ?4");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, consignment->key.gateway);
    db_bind_text(statement, 2, consignment->key.address);
    sqlite3_bind_int(statement, 4, consignment->priority);
    return run_at(tx->store, statement, 3, tx->recorded);
}

static void bind_consignment(sqlite3_stmt *statement, const struct consignment *consignment)
{
    db_bind_text(statement, 1, consignment->key.letter);
    db_bind_text(statement, 2, consignment->key.gateway);
    db_bind_text(statement, 3, consignment->key.address);
    db_bind_text(statement, 4, consignment->contact);
    db_bind_text(statement, 5, consignment->host);
    sqlite3_bind_int(statement, 6, consignment->rung);
    sqlite3_bind_int(statement, 7, consignment->priority);
    db_bind_text(statement, 8, state_names[consignment->state]);
}

int outbox_put(struct store_tx *tx, const struct consignment *consignment)
{
    assert(tx->open && consignment->state <= OUTBOX_WAITING);
    int err = consignment->state == OUTBOX_WAITING ? hasten_address(tx, consignment) : 0;
    if (err < 0)
        return err;
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT INTO outbox (letter, gateway, address, contact, host, rung, priority,"
                   " state, attempts, not_before, changed, told, body, sha256)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9, 0, ?10, ?11)"
                   " ON CONFLICT DO NOTHING");
    if (!statement)
        return ERR_STORE;
    bind_consignment(statement, consignment);
    unsigned char hash[HASH_BYTES];
    if (consignment->bytes) {
        hash_of(consignment->size > 0 ? consignment->bytes : "", consignment->size, hash);
        db_bind_blob(statement, 10, consignment->bytes, consignment->size);
        db_bind_blob(statement, 11, hash, HASH_BYTES);
    }
    return run_at(tx->store, statement, 9, tx->recorded);
}

/* ---- taking -------------------------------------------------------------- */

int outbox_ready(struct store *store, const char *gateway, instant_ms now, int priority_max,
                 int max, int (*each)(void *arg, int64_t serial, const char *host), void *arg)
{
    sqlite3_stmt *statement = db_prepare(
        store, "SELECT serial, host FROM outbox o INDEXED BY outbox_ready"
               " WHERE gateway = ?1 AND state = 'waiting' AND not_before <= ?2"
               " AND priority <= ?3 AND (address = '' OR NOT EXISTS (SELECT 1 FROM outbox e"
               " WHERE e.gateway = ?1 AND e.address = o.address AND e.serial < o.serial"
               " AND e.state IN ('waiting', 'sending') AND e.priority <= o.priority))"
               " ORDER BY priority, serial LIMIT ?4");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, gateway);
    sqlite3_bind_int64(statement, 2, now);
    sqlite3_bind_int(statement, 3, priority_max);
    sqlite3_bind_int(statement, 4, max);
    int found = 1, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) == 1)
        answer = each(arg, sqlite3_column_int64(statement, 0), db_text(statement, 1));
    sqlite3_reset(statement);
    return found < 0 ? found : answer;
}

int outbox_only_host(struct store *store, const char *gateway, const char *host)
{
    sqlite3_stmt *statement = db_prepare(
        store,
        "SELECT (SELECT min(host) FROM outbox WHERE gateway = ?1 AND state = 'waiting') IS ?2"
        " AND (SELECT max(host) FROM outbox WHERE gateway = ?1 AND state = 'waiting') IS ?2");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, gateway);
    db_bind_text(statement, 2, host);
    int found = db_row(store, statement);
    int only = found == 1 ? sqlite3_column_int(statement, 0) : found;
    sqlite3_reset(statement);
    return only;
}

static int mark_sending(struct store_tx *tx, int64_t serial)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET state = 'sending', attempts = attempts + 1, changed = ?2"
                   " WHERE serial = ?1 AND state = 'waiting'");
    if (statement)
        sqlite3_bind_int64(statement, 1, serial);
    return run_at(tx->store, statement, 2, tx->recorded);
}

int outbox_begin(struct store_tx *tx, int64_t serial,
                 void (*each)(void *arg, const struct consignment *consignment), void *arg)
{
    int err = mark_sending(tx, serial);
    if (err < 0)
        return err;
    sqlite3_stmt *statement = db_prepare(tx->store, OUTBOX_COLUMNS " WHERE b.serial = ?1");
    if (statement)
        sqlite3_bind_int64(statement, 1, serial);
    int found = db_row(tx->store, statement);
    if (found != 1)
        return found < 0 ? found : ERR_NOT_FOUND;
    struct consignment consignment;
    err = outbox_row(tx->store, statement, &consignment);
    if (err == 0)
        each(arg, &consignment);
    sqlite3_reset(statement);
    return err;
}

int outbox_next(struct store *store, const char *gateway, instant_ms now, int priority_max,
                instant_ms *ret_due)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT not_before FROM outbox WHERE gateway = ?1 AND state = 'waiting'"
                          " AND not_before > ?3 AND priority <= ?2 ORDER BY not_before LIMIT 1");
    if (!statement)
        return ERR_STORE;
    db_bind_text(statement, 1, gateway);
    sqlite3_bind_int(statement, 2, priority_max);
    sqlite3_bind_int64(statement, 3, now);
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    *ret_due = found == 1 ? sqlite3_column_int64(statement, 0) : INSTANT_NONE;
    sqlite3_reset(statement);
    return 0;
}

/* ---- settling ------------------------------------------------------------ */

static int run_key(struct store_tx *tx, sqlite3_stmt *statement, const struct outbox_key *key,
                   const char *trouble)
{
    db_bind_text(statement, 1, key->letter);
    db_bind_text(statement, 2, key->gateway);
    db_bind_text(statement, 3, key->address);
    db_bind_text(statement, 5, trouble);
    return run_at(tx->store, statement, 4, tx->recorded);
}

#define KEY " WHERE letter = ?1 AND gateway = ?2 AND address = ?3"
/* A letter that has ended meanwhile (answered, withdrawn) does not leave again; a superseded one
 * goes on where nobody reads. */
#define WAITING_IF_OPEN                                                       \
    "CASE WHEN EXISTS (SELECT 1 FROM letter l WHERE l.id = outbox.letter AND" \
    " l.closed IS NOT NULL AND (address <> '' OR l.closed <> 'superseded'))"  \
    " THEN 'cancelled' ELSE 'waiting' END"

int outbox_delivered(struct store_tx *tx, const struct outbox_key *key)
{
    return run_key(tx,
                   db_prepare(tx->store, "UPDATE outbox SET state = 'delivered', changed = ?4,"
                                         " trouble = ?5" KEY),
                   key, NULL);
}

int outbox_retry(struct store_tx *tx, const struct outbox_key *key, instant_ms not_before,
                 const char *trouble)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET state = " WAITING_IF_OPEN ","
                   " not_before = ?6, changed = ?4, trouble = ?5" KEY " AND state = 'sending'");
    if (statement)
        sqlite3_bind_int64(statement, 6, not_before);
    return run_key(tx, statement, key, trouble);
}

int outbox_dead(struct store_tx *tx, const struct outbox_key *key, const char *trouble)
{
    return run_key(tx,
                   db_prepare(tx->store, "UPDATE outbox SET state = 'dead', told = 1, changed = ?4,"
                                         " trouble = ?5" KEY " AND state = 'sending'"),
                   key, trouble);
}

int outbox_lost(struct store_tx *tx, const char *letter)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET told = 0 WHERE letter = ?1 AND state = 'dead'");
    db_bind_text(statement, 1, letter);
    return db_run(tx->store, statement);
}

int outbox_recall(struct store_tx *tx, const struct outbox_key *key)
{
    return run_key(tx,
                   db_prepare(tx->store,
                              "UPDATE outbox SET state = " WAITING_IF_OPEN ","
                              " attempts = attempts - 1,"
                              " not_before = ?4, changed = ?4, trouble = coalesce(trouble, ?5)" KEY
                              " AND state = 'sending'"),
                   key, NULL);
}

int outbox_restart(struct store_tx *tx)
{
    return run_at(tx->store,
                  db_prepare(tx->store, "UPDATE outbox SET state = " WAITING_IF_OPEN
                                        ", not_before = ?1 WHERE state = 'sending'"),
                  1, tx->recorded);
}

/* ---- letters as a whole --------------------------------------------------- */

int outbox_standing(struct store *store, const char *letter, struct outbox_standing *ret)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT coalesce(sum(state = 'delivered'), 0),"
                          " coalesce(sum(state IN ('waiting', 'sending')), 0),"
                          " coalesce(min(CASE state WHEN 'reserve' THEN rung END), -1),"
                          " coalesce(sum(state = 'dead'), 0) FROM outbox WHERE letter = ?1");
    db_bind_text(statement, 1, letter);
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    *ret = (struct outbox_standing){
        .delivered = sqlite3_column_int(statement, 0),
        .alive = sqlite3_column_int(statement, 1),
        .next_rung = sqlite3_column_int(statement, 2),
        .dead = sqlite3_column_int(statement, 3),
    };
    sqlite3_reset(statement);
    return 0;
}

int outbox_promote(struct store_tx *tx, const char *letter, int rung)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET state = 'waiting', not_before = ?3, changed = ?3"
                              " WHERE letter = ?1 AND state = 'reserve' AND rung = ?2");
    db_bind_text(statement, 1, letter);
    if (statement)
        sqlite3_bind_int(statement, 2, rung);
    return run_at(tx->store, statement, 3, tx->recorded);
}

static int run_host(struct store *store, sqlite3_stmt *statement, const char *gateway,
                    const char *host, instant_ms at)
{
    db_bind_text(statement, 1, gateway);
    db_bind_text(statement, 2, host);
    return run_at(store, statement, 3, at);
}

int outbox_defer(struct store_tx *tx, const char *gateway, const char *host, instant_ms until)
{
    return run_host(tx->store,
                    db_prepare(tx->store, "UPDATE outbox SET not_before = ?3 WHERE gateway = ?1"
                                          " AND host = ?2 AND state = 'waiting'"
                                          " AND not_before < ?3"),
                    gateway, host, until);
}

int outbox_hasten(struct store_tx *tx, const char *gateway, const char *host)
{
    return run_host(tx->store,
                    db_prepare(tx->store, "UPDATE outbox SET not_before = ?3 WHERE gateway = ?1"
                                          " AND host = ?2 AND state = 'waiting'"
                                          " AND not_before > ?3"),
                    gateway, host, tx->recorded);
}

int outbox_shift(struct store_tx *tx, span_ms by)
{
    return run_at(tx->store,
                  db_prepare(tx->store, "UPDATE outbox SET not_before = not_before + ?1"
                                        " WHERE state = 'waiting'"),
                  1, by);
}

int outbox_tell(struct store_tx *tx, int max)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET told = 1 WHERE state = 'dead' AND told = 0 AND letter IN"
                   " (SELECT letter FROM outbox WHERE state = 'dead' AND told = 0 GROUP BY letter"
                   " ORDER BY max(serial) LIMIT ?1)");
    if (!statement)
        return ERR_STORE;
    sqlite3_bind_int(statement, 1, max);
    return db_run(tx->store, statement);
}
