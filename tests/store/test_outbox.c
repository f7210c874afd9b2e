/* The outbox: each order once, the same bytes each time. */
#include "base/xalloc.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct store_box box;

static void make(void)
{
    box_make(&box);
    box_open(&box);
    struct store_tx *tx = box_begin(&box);
    struct fact fact = box_reading("a", HOUR_MS, MICRO);
    struct ledger_row row = {.kind = "order", .line = "{}"};
    cr_assert_eq(journal_append(tx, &fact, &row.seq), 0);
    for (row.number = 0; row.number < 8; row.number++)
        cr_assert_eq(ledger_put(tx, &row), 0);
    box_commit(tx);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(outbox, .init = make, .fini = away);

static int put_as(const char *id, int number, const char *bytes, enum outbox_state state)
{
    struct outbox_order order = {.id = id,
                                 .kind = "order",
                                 .recipient = "210106-0001",
                                 .seq = 1,
                                 .number = number,
                                 .bytes = bytes,
                                 .size = strlen(bytes)};
    struct store_tx *tx = box_begin(&box);
    int answer = outbox_put(tx, &order, "spool", state);
    box_commit(tx);
    return answer;
}

static int put(const char *id, int number, const char *bytes)
{
    return put_as(id, number, bytes, OUTBOX_WAITING);
}

static char taken[512];

static void hear(void *arg, const struct outbox_order *order)
{
    (void)arg;
    size_t used = strlen(taken);
    snprintf(taken + used, sizeof taken - used, "%s=%.*s#%d ", order->id, (int)order->size,
             (const char *)order->bytes, order->attempts);
}

static const char *take(instant_ms now, int max)
{
    struct store_tx *tx = box_begin(&box);
    taken[0] = 0;
    cr_assert_eq(outbox_take(tx, "spool", now, max, hear, NULL), 0, "%s", store_message(box.store));
    box_commit(tx);
    return taken;
}

static void expect_counts(int shadow, int waiting, int sending, int delivered)
{
    int64_t counts[OUTBOX_STATES];
    cr_assert_eq(outbox_count(box.store, counts), 0);
    cr_expect_eq(counts[OUTBOX_SHADOW], shadow);
    cr_expect_eq(counts[OUTBOX_WAITING], waiting);
    cr_expect_eq(counts[OUTBOX_SENDING], sending);
    cr_expect_eq(counts[OUTBOX_DELIVERED], delivered);
}

Test(outbox, an_order_is_made_once)
{
    cr_expect_eq(put("one", 0, "stop"), 0);
    cr_expect_eq(put("one", 1, "stop"), 1);
    expect_counts(0, 1, 0, 0);
}

Test(outbox, other_bytes_under_one_id_are_a_conflict_and_the_first_stand)
{
    put("one", 0, "stop");
    cr_expect_eq(put("one", 1, "go on"), ERR_CONFLICT);
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
}

Test(outbox, orders_leave_in_the_order_they_were_made)
{
    put("b", 0, "1");
    put("a", 1, "2");
    put("c", 2, "3");
    cr_expect_str_eq(take(10, 2), "b=1#1 a=2#1 ");
    cr_expect_str_eq(take(10, 2), "c=3#1 ");
    cr_expect_str_eq(take(10, 2), "");
    expect_counts(0, 0, 3, 0);
}

Test(outbox, shadow_orders_never_leave)
{
    put_as("one", 0, "stop", OUTBOX_SHADOW);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
    expect_counts(1, 0, 0, 0);
}

Test(outbox, a_delivered_order_does_not_leave_again)
{
    put("one", 0, "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_delivered(tx, "one", "spool"), 0);
    box_commit(tx);
    tx = box_begin(&box);
    cr_assert_eq(outbox_restart(tx), 0);
    box_commit(tx);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
    expect_counts(0, 0, 0, 1);
}

Test(outbox, what_was_being_sent_in_a_crash_is_sent_again_with_the_same_bytes)
{
    put("one", 0, "stop");
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
    box_crash(&box);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_restart(tx), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "one=stop#2 ");
}

Test(outbox, a_retry_waits_for_its_time)
{
    instant_ms due;
    put("one", 0, "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, "one", "spool", 500, "no route"), 0);
    box_commit(tx);
    cr_assert_eq(outbox_next(box.store, "spool", &due), 0);
    cr_expect_eq(due, 500);
    cr_expect_str_eq(take(499, 9), "");
    cr_expect_str_eq(take(500, 9), "one=stop#2 ");
    cr_assert_eq(outbox_next(box.store, "spool", &due), 0);
    cr_expect_eq(due, INSTANT_NONE);
}

Test(outbox, damaged_bytes_do_not_leave)
{
    put("one", 0, "stop");
    box_close(&box);
    box_meddle(&box, "UPDATE orders SET body = CAST('stay' AS BLOB)");
    box_open(&box);
    struct store_tx *tx = box_begin(&box);
    taken[0] = 0;
    cr_expect_eq(outbox_take(tx, "spool", 10, 9, hear, NULL), ERR_STORE);
    cr_expect_str_eq(taken, "");
    cr_expect_not_null(strstr(store_message(box.store), "one"));
    store_rollback(tx);
}

static int list(void *arg, const struct outbox_order *order, enum outbox_state state)
{
    (void)arg;
    size_t used = strlen(taken);
    snprintf(taken + used, sizeof taken - used, "%s:%s#%d ", order->id, outbox_state_name(state),
             order->attempts);
    return 0;
}

Test(outbox, it_can_be_listed)
{
    put_as("one", 0, "stop", OUTBOX_SHADOW);
    put("two", 1, "stop");
    take(10, 9);
    taken[0] = 0;
    cr_assert_eq(outbox_read(box.store, list, NULL), 0);
    cr_expect_str_eq(taken, "one:shadow#0 two:sending#1 ");
}
