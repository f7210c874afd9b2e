/* Orders and the ways they leave by. */
#include "store/outbox.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/db.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[OUTBOX_STATES] = {"shadow", "waiting", "sending", "delivered"};

const char *outbox_state_name(enum outbox_state state)
{
    return state_names[state];
}

/* 1: the order is there with these bytes, ERR_CONFLICT: with others, 0: it is not there. */
static int find_order(struct store *store, const char *id, const unsigned char hash[HASH_BYTES])
{
    sqlite3_stmt *statement = db_prepare(store, "SELECT sha256 FROM orders WHERE id = ?1");
    db_bind_text(statement, 1, id);
    int found = db_row(store, statement);
    if (found != 1)
        return found;
    bool same = db_is_hash(statement, 0, hash);
    sqlite3_reset(statement);
    return same ? 1 : ERR_CONFLICT;
}

static int insert_order(struct store_tx *tx, const struct outbox_order *order,
                        const unsigned char hash[HASH_BYTES])
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "INSERT INTO orders (id, seq, number, kind, recipient, body, sha256)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    db_bind_text(statement, 1, order->id);
    sqlite3_bind_int64(statement, 2, order->seq);
    sqlite3_bind_int(statement, 3, order->number);
    db_bind_text(statement, 4, order->kind);
    db_bind_text(statement, 5, order->recipient);
    db_bind_blob(statement, 6, order->bytes, order->size);
    db_bind_blob(statement, 7, hash, HASH_BYTES);
    return db_run(tx->store, statement);
}

static int insert_way(struct store_tx *tx, const char *id, const char *channel,
                      enum outbox_state state)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "INSERT INTO outbox (id, channel, state, attempts, not_before, changed)"
                   " VALUES (?1, ?2, ?3, 0, ?4, ?4)");
    db_bind_text(statement, 1, id);
    db_bind_text(statement, 2, channel);
    db_bind_text(statement, 3, state_names[state]);
    sqlite3_bind_int64(statement, 4, tx->recorded);
    return db_run(tx->store, statement);
}

int outbox_put(struct store_tx *tx, const struct outbox_order *order, const char *channel,
               enum outbox_state state)
{
    assert(tx->open && (state == OUTBOX_SHADOW || state == OUTBOX_WAITING));
    unsigned char hash[HASH_BYTES];
    hash_of(order->bytes, order->size, hash);
    int found = find_order(tx->store, order->id, hash);
    if (found != 0)
        return found;
    int err = insert_order(tx, order, hash);
    return err < 0 ? err : insert_way(tx, order->id, channel, state);
}

static int mark_sending(struct store_tx *tx, const char *id, const char *channel)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET state = 'sending', attempts = attempts + 1, changed = ?3"
                   " WHERE id = ?1 AND channel = ?2");
    db_bind_text(statement, 1, id);
    db_bind_text(statement, 2, channel);
    sqlite3_bind_int64(statement, 3, tx->recorded);
    return db_run(tx->store, statement);
}

static int order_of_row(struct store *store, sqlite3_stmt *statement, struct outbox_order *ret)
{
    *ret = (struct outbox_order){
        .id = db_text(statement, 0),
        .kind = db_text(statement, 1),
        .recipient = db_text(statement, 2),
        .seq = sqlite3_column_int64(statement, 3),
        .number = sqlite3_column_int(statement, 4),
        .bytes = sqlite3_column_blob(statement, 5),
        .size = (size_t)sqlite3_column_bytes(statement, 5),
        .attempts = sqlite3_column_int(statement, 7) + 1,
    };
    unsigned char hash[HASH_BYTES];
    hash_of(ret->size > 0 ? ret->bytes : "", ret->size, hash);
    if (db_is_hash(statement, 6, hash))
        return 0;
    return db_damaged(store, tr("the bytes of order %s are damaged", "指令 %s 的内容已损坏"),
                      ret->id);
}

#define ORDER_COLUMNS                                                                          \
    "SELECT o.id, o.kind, o.recipient, o.seq, o.number, o.body, o.sha256, b.attempts, b.state" \
    " FROM outbox b JOIN orders o USING (id)"

/* One row at a time, because a row must not change under the statement that reads it; the index
 * makes each look cheap. */
int outbox_take(struct store_tx *tx, const char *channel, instant_ms now, int max,
                void (*each)(void *arg, const struct outbox_order *order), void *arg)
{
    struct store *store = tx->store;
    for (int taken = 0; taken < max; taken++) {
        sqlite3_stmt *statement =
            db_prepare(store, ORDER_COLUMNS
                       " WHERE b.state = 'waiting' AND b.channel = ?1 AND b.not_before <= ?2"
                       " ORDER BY b.not_before, b.rowid LIMIT 1");
        db_bind_text(statement, 1, channel);
        sqlite3_bind_int64(statement, 2, now);
        int found = db_row(store, statement);
        if (found != 1)
            return found;
        struct outbox_order order;
        int err = order_of_row(store, statement, &order);
        if (err < 0) {
            sqlite3_reset(statement);
            return err;
        }
        each(arg, &order);
        char *id = xstrdup(order.id);
        sqlite3_reset(statement);
        err = mark_sending(tx, id, channel);
        free(id);
        if (err < 0)
            return err;
    }
    return 0;
}

int outbox_delivered(struct store_tx *tx, const char *id, const char *channel)
{
    sqlite3_stmt *statement =
        db_prepare(tx->store, "UPDATE outbox SET state = 'delivered', changed = ?3, trouble = NULL"
                              " WHERE id = ?1 AND channel = ?2");
    db_bind_text(statement, 1, id);
    db_bind_text(statement, 2, channel);
    sqlite3_bind_int64(statement, 3, tx->recorded);
    return db_run(tx->store, statement);
}

int outbox_retry(struct store_tx *tx, const char *id, const char *channel, instant_ms not_before,
                 const char *trouble)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store,
        "UPDATE outbox SET state = 'waiting', not_before = ?3, changed = ?4, trouble = ?5"
        " WHERE id = ?1 AND channel = ?2 AND state = 'sending'");
    db_bind_text(statement, 1, id);
    db_bind_text(statement, 2, channel);
    sqlite3_bind_int64(statement, 3, not_before);
    sqlite3_bind_int64(statement, 4, tx->recorded);
    db_bind_text(statement, 5, trouble);
    return db_run(tx->store, statement);
}

int outbox_restart(struct store_tx *tx)
{
    sqlite3_stmt *statement = db_prepare(
        tx->store, "UPDATE outbox SET state = 'waiting', not_before = ?1 WHERE state = 'sending'");
    sqlite3_bind_int64(statement, 1, tx->recorded);
    return db_run(tx->store, statement);
}

int outbox_next(struct store *store, const char *channel, instant_ms *ret_due)
{
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT not_before FROM outbox WHERE state = 'waiting' AND channel = ?1"
                          " ORDER BY not_before LIMIT 1");
    db_bind_text(statement, 1, channel);
    int found = db_row(store, statement);
    if (found < 0)
        return found;
    *ret_due = found == 1 ? sqlite3_column_int64(statement, 0) : INSTANT_NONE;
    sqlite3_reset(statement);
    return 0;
}

static enum outbox_state state_of(const char *name)
{
    int state = 0;
    while (state < OUTBOX_DELIVERED && !str_equal(name, state_names[state]))
        state++;
    return (enum outbox_state)state;
}

int outbox_count(struct store *store, int64_t ret_counts[OUTBOX_STATES])
{
    int64_t counts[OUTBOX_STATES] = {0};
    sqlite3_stmt *statement =
        db_prepare(store, "SELECT state, count(*) FROM outbox GROUP BY state");
    int found;
    while ((found = db_row(store, statement)) == 1)
        counts[state_of(db_text(statement, 0))] = sqlite3_column_int64(statement, 1);
    if (found < 0)
        return found;
    memcpy(ret_counts, counts, sizeof counts);
    return 0;
}

int outbox_read(struct store *store,
                int (*each)(void *arg, const struct outbox_order *order, enum outbox_state state),
                void *arg)
{
    sqlite3_stmt *statement =
        db_prepare(store, ORDER_COLUMNS " ORDER BY o.seq, o.number, b.channel");
    int found, answer = 0;
    while (answer == 0 && (found = db_row(store, statement)) != 0) {
        if (found < 0)
            return found;
        struct outbox_order order;
        answer = order_of_row(store, statement, &order);
        order.attempts--;
        if (answer == 0)
            answer = each(arg, &order, state_of(db_text(statement, 8)));
    }
    sqlite3_reset(statement);
    return answer;
}
