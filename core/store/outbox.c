/* Consignments: written, taken, settled. */
#include "store/outbox.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"
#include "store/outbox_row.h"
#include "store/queue.h"
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

/* ---- the queue ------------------------------------------------------------ */

#define QUEUED "serial, gateway, host, address, priority, not_before, state = 'sending'"

/* Adds the rows of a statement that gives QUEUED. */
static int add_rows(struct store *store, struct queue *queue, sqlite3_stmt *statement)
{
    int found;
    while ((found = db_row(store, statement)) == 1) {
        struct queued row = {
            .serial = sqlite3_column_int64(statement, 0),
            .gateway = db_text(statement, 1),
            .host = db_text(statement, 2),
            .address = db_text(statement, 3),
            .priority = sqlite3_column_int(statement, 4),
            .not_before = sqlite3_column_int64(statement, 5),
            .sending = sqlite3_column_int(statement, 6) != 0,
        };
        queue_add(queue, &row);
    }
    return found;
}

/* As it stands inside the transaction. */
static int fill_queue(struct store *store, struct queue *queue)
{
    return add_rows(store, queue,
                    db_prepare(store, "SELECT " QUEUED " FROM outbox"
                                      " WHERE state IN ('waiting', 'sending') ORDER BY serial"));
}

/* NULL: it cannot be read. */
static struct queue *queue_of(struct store *store)
{
    if (store->queue)
        return store->queue;
    struct queue *queue = queue_new();
    if (fill_queue(store, queue) == 0)
        store->queue = queue;
    else
        queue_free(queue);
    return store->queue;
}

/* ---- writing ------------------------------------------------------------ */

static int write_time(void *arg, int64_t serial)
{
    struct store_tx *tx = arg;
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET not_before = ?2 WHERE serial = ?1");
    if (statement)
        sqlite3_bind_int64(statement, 1, serial);
    return run_at(tx->store, statement, 2, tx->recorded);
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

/* Its serial, 0 when it is there already, or ERR_STORE. */
static int64_t insert(struct store_tx *tx, const struct consignment *consignment)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT INTO outbox (letter, gateway, address, contact, host, rung, priority,"
                   " state, attempts, not_before, changed, told)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9, 0) ON CONFLICT DO NOTHING");
    if (!statement)
        return ERR_STORE;
    bind_consignment(statement, consignment);
    int err = run_at(tx->store, statement, 9, tx->recorded);
    if (err < 0 || sqlite3_changes(tx->store->db) == 0)
        return err;
    return sqlite3_last_insert_rowid(tx->store->db);
}

static int put_rendering(struct store_tx *tx, int64_t serial, const struct consignment *consignment)
{
    unsigned char hash[HASH_BYTES];
    if (!consignment->bytes)
        return 0;
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO rendering (serial, body, sha256) VALUES (?1, ?2, ?3)");
    if (!statement)
        return ERR_STORE;
    hash_of(consignment->bytes, consignment->size, hash);
    sqlite3_bind_int64(statement, 1, serial);
    db_bind_blob(statement, 2, consignment->bytes, consignment->size);
    db_bind_blob(statement, 3, hash, HASH_BYTES);
    return db_run(tx->store, statement);
}

/* Those that wait for the same reader need not wait any longer, or they would hold it up. */
static int queue_up(struct store_tx *tx, int64_t serial, const struct consignment *consignment)
{
    struct queue *queue = tx->store->queue;
    struct queued row = {
        .serial = serial,
        .gateway = consignment->key.gateway,
        .host = consignment->host,
        .address = consignment->key.address,
        .priority = consignment->priority,
        .not_before = tx->recorded,
    };
    int err = queue_hasten_address(queue, row.gateway, row.address, row.priority, tx->recorded,
                                   write_time, tx);
    if (err == 0)
        queue_add(queue, &row);
    return err;
}

int outbox_put(struct store_tx *tx, const struct consignment *consignment)
{
    assert(tx->open && consignment->state <= OUTBOX_WAITING);
    if (!queue_of(tx->store))
        return ERR_STORE;
    int64_t serial = insert(tx, consignment);
    if (serial <= 0)
        return (int)serial;
    int err = put_rendering(tx, serial, consignment);
    return err == 0 && consignment->state == OUTBOX_WAITING ? queue_up(tx, serial, consignment)
                                                            : err;
}

/* ---- taking -------------------------------------------------------------- */

int outbox_ready(struct store *store, const char *gateway, instant_ms now, int priority_max,
                 int (*each)(void *arg, int64_t serial, const char *host), void *arg)
{
    const struct queue *queue = queue_of(store);
    return queue ? queue_ready(queue, gateway, now, priority_max, each, arg) : ERR_STORE;
}

int outbox_next(struct store *store, const char *gateway, instant_ms now, int priority_max,
                bool *ret_due, instant_ms *ret_next)
{
    const struct queue *queue = queue_of(store);
    if (!queue)
        return ERR_STORE;
    queue_next(queue, gateway, now, priority_max, ret_due, ret_next);
    return 0;
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
    int err = queue_of(tx->store) ? mark_sending(tx, serial) : ERR_STORE;
    if (err < 0)
        return err;
    queue_send(tx->store->queue, serial);
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

/* ---- settling ------------------------------------------------------------ */

static sqlite3_stmt *bind_end(struct store_tx *tx, sqlite3_stmt *statement, int64_t serial,
                              const char *trouble)
{
    if (!statement)
        return NULL;
    sqlite3_bind_int64(statement, 1, serial);
    sqlite3_bind_int64(statement, 2, tx->recorded);
    db_bind_text(statement, 3, trouble);
    return statement;
}

static int end(struct store_tx *tx, sqlite3_stmt *statement, int64_t serial, const char *trouble)
{
    int err = queue_of(tx->store) ? db_run(tx->store, bind_end(tx, statement, serial, trouble))
                                  : ERR_STORE;
    if (err == 0)
        queue_remove(tx->store->queue, serial);
    return err;
}

/* A letter that has ended meanwhile (answered, withdrawn) does not leave again; a superseded one
 * goes on where nobody reads. */
#define WAITING_IF_OPEN                                                       \
    "CASE WHEN EXISTS (SELECT 1 FROM letter l WHERE l.id = outbox.letter AND" \
    " l.closed IS NOT NULL AND (address <> '' OR l.closed <> 'superseded'))"  \
    " THEN 'cancelled' ELSE 'waiting' END"

/* The statement tells the state it led to, and when the next attempt is due. */
static int wait_again(struct store_tx *tx, sqlite3_stmt *statement, int64_t serial)
{
    struct queue *queue = queue_of(tx->store);
    int found = queue ? db_row(tx->store, statement) : ERR_STORE;
    if (found != 1)
        return found;
    bool waits = outbox_state_of(db_text(statement, 0)) == OUTBOX_WAITING;
    instant_ms not_before = sqlite3_column_int64(statement, 1);
    int err = db_run(tx->store, statement);
    if (err == 0 && waits)
        queue_wait(queue, serial, not_before);
    else if (err == 0)
        queue_remove(queue, serial);
    return err;
}

int outbox_delivered(struct store_tx *tx, int64_t serial)
{
    return end(tx,
               db_prepare(tx->store, "UPDATE outbox SET state = 'delivered', changed = ?2,"
                                     " trouble = ?3 WHERE serial = ?1"),
               serial, NULL);
}

int outbox_retry(struct store_tx *tx, int64_t serial, instant_ms not_before, const char *trouble)
{
    sqlite3_stmt *statement = bind_end(
        tx,
        db_prepare(tx->store, "UPDATE outbox SET state = " WAITING_IF_OPEN ", not_before = ?4,"
                              " changed = ?2, trouble = ?3 WHERE serial = ?1"
                              " AND state = 'sending' RETURNING state, not_before"),
        serial, trouble);
    if (statement)
        sqlite3_bind_int64(statement, 4, not_before);
    return wait_again(tx, statement, serial);
}

int outbox_dead(struct store_tx *tx, int64_t serial, const char *trouble)
{
    return end(tx,
               db_prepare(tx->store, "UPDATE outbox SET state = 'dead', told = 1, changed = ?2,"
                                     " trouble = ?3 WHERE serial = ?1 AND state = 'sending'"),
               serial, trouble);
}

int outbox_lost(struct store_tx *tx, const char *letter)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET told = 0 WHERE letter = ?1 AND state = 'dead'");
    db_bind_text(statement, 1, letter);
    return db_run(tx->store, statement);
}

int outbox_recall(struct store_tx *tx, int64_t serial)
{
    return wait_again(
        tx,
        bind_end(tx,
                 db_prepare(tx->store, "UPDATE outbox SET state = " WAITING_IF_OPEN
                                       ", attempts = attempts - 1, not_before = ?2, changed = ?2,"
                                       " trouble = coalesce(trouble, ?3) WHERE serial = ?1"
                                       " AND state = 'sending' RETURNING state, not_before"),
                 serial, NULL),
        serial);
}

static void drop_queue(struct store *store)
{
    queue_free(store->queue);
    store->queue = NULL;
}

int outbox_restart(struct store_tx *tx)
{
    drop_queue(tx->store);
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
                              " WHERE letter = ?1 AND state = 'reserve' AND rung = ?2"
                              " RETURNING " QUEUED);
    struct queue *queue = queue_of(tx->store);
    if (!statement || !queue)
        return ERR_STORE;
    db_bind_text(statement, 1, letter);
    sqlite3_bind_int(statement, 2, rung);
    sqlite3_bind_int64(statement, 3, tx->recorded);
    return add_rows(tx->store, queue, statement);
}

int outbox_end(struct store_tx *tx, const char *letter, const char *why)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET state = 'cancelled', trouble = ?2, changed = ?3"
                              " WHERE letter = ?1 AND state IN ('waiting', 'reserve')"
                              " AND (address <> '' OR ?2 <> 'superseded') RETURNING serial");
    struct queue *queue = queue_of(tx->store);
    if (!statement || !queue)
        return ERR_STORE;
    db_bind_text(statement, 1, letter);
    db_bind_text(statement, 2, why);
    sqlite3_bind_int64(statement, 3, tx->recorded);
    int found;
    while ((found = db_row(tx->store, statement)) == 1)
        queue_remove(queue, sqlite3_column_int64(statement, 0));
    return found;
}

void outbox_defer(struct store_tx *tx, int64_t serial, instant_ms until)
{
    if (tx->store->queue)
        queue_wait(tx->store->queue, serial, until);
}

int outbox_hasten(struct store_tx *tx, const char *gateway, const char *host)
{
    struct queue *queue = queue_of(tx->store);
    return queue ? queue_hasten_host(queue, gateway, host, tx->recorded, write_time, tx)
                 : ERR_STORE;
}

int outbox_shift(struct store_tx *tx, span_ms by)
{
    struct queue *queue = queue_of(tx->store);
    if (queue)
        queue_shift(queue, by);
    return queue ? run_at(tx->store,
                          db_prepare(tx->store, "UPDATE outbox SET not_before = not_before + ?1"
                                                " WHERE state = 'waiting'"),
                          1, by)
                 : ERR_STORE;
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
