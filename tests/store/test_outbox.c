/* Letters and their consignments: each once, the same bytes each time, and an end for every one. */
#include "base/xalloc.h"
#include "store/chases.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/outbox.h"
#include "store/receipts.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
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

static int put_letter(struct store_tx *tx, const char *id, const char *kind, const char *bytes)
{
    struct letter_row row = {.id = id,
                             .kind = kind,
                             .recipient = "210106-0001",
                             .rule = "haze",
                             .episode = "haze/1",
                             .number = 0,
                             .body = bytes,
                             .size = strlen(bytes)};
    return letter_put(tx, &row);
}

static void put_way(struct store_tx *tx, const char *id, const char *gateway, const char *address,
                    int rung, int priority, enum outbox_state state)
{
    struct consignment consignment = {.key = {id, gateway, address},
                                      .host = address,
                                      .rung = rung,
                                      .priority = priority,
                                      .state = state};
    cr_assert_eq(outbox_put(tx, &consignment), 0);
}

static int put_as(const char *id, const char *bytes, enum outbox_state state)
{
    struct store_tx *tx = box_begin(&box);
    int answer = put_letter(tx, id, "order", bytes);
    if (answer == 0)
        put_way(tx, id, "spool", "", 0, 10, state);
    box_commit(tx);
    return answer;
}

static int put(const char *id, const char *bytes)
{
    return put_as(id, bytes, OUTBOX_WAITING);
}

static void put_to(const char *id, const char *address, int priority)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(put_letter(tx, id, "order", id), 0);
    put_way(tx, id, "spool", address, 0, priority, OUTBOX_WAITING);
    box_commit(tx);
}

static int note_tally(void *arg, const struct outbox_tally *tally)
{
    char *all = arg;
    size_t used = strlen(all);
    snprintf(all + used, 256 - used, "%s/%s=%lld ", tally->gateway, outbox_state_name(tally->state),
             (long long)tally->count);
    return 0;
}

/* Those who show them take the rows of one gateway together. */
Test(outbox, tallies_come_gateway_by_gateway)
{
    static const enum outbox_state states[] = {OUTBOX_WAITING, OUTBOX_RESERVE, OUTBOX_SHADOW};
    char all[256] = "", id[2] = "a";
    struct store_tx *tx = box_begin(&box);
    for (size_t i = 0; i < 3; i++, id[0]++) {
        cr_assert_eq(put_letter(tx, id, "order", id), 0);
        put_way(tx, id, "mail", "m", 0, 10, states[i]);
        put_way(tx, id, "hook", "h", 0, 10, states[i]);
    }
    box_commit(tx);
    cr_assert_eq(outbox_tally(box.store, note_tally, all), 0);
    cr_expect_str_eq(all, "hook/reserve=1 hook/shadow=1 hook/waiting=1 mail/reserve=1 "
                          "mail/shadow=1 mail/waiting=1 ");
}

static char taken[512];

static void hear(void *arg, const struct consignment *consignment)
{
    (void)arg;
    size_t used = strlen(taken);
    snprintf(taken + used, sizeof taken - used, "%s=%.*s#%d ", consignment->key.letter,
             (int)consignment->size, (const char *)consignment->bytes, consignment->attempts);
}

struct serials {
    int64_t items[16]; /* as many as a test makes wait, at most */
    int count, max;
};

static int collect(void *arg, int64_t serial, const char *host)
{
    struct serials *serials = arg;
    (void)host;
    serials->items[serials->count++] = serial;
    return serials->count == serials->max || serials->count == 16;
}

static int take_with(instant_ms now, int max, int priority_max)
{
    struct store_tx *tx = box_begin(&box);
    struct serials serials = {.max = max};
    taken[0] = 0;
    int err = outbox_ready(box.store, "spool", now, priority_max, collect, &serials);
    for (int i = 0; err >= 0 && i < serials.count; i++)
        err = outbox_begin(tx, serials.items[i], hear, NULL);
    if (err < 0)
        store_rollback(tx);
    else
        box_commit(tx);
    return err;
}

static const char *take(instant_ms now, int max)
{
    cr_assert_geq(take_with(now, max, 1000), 0, "%s", store_message(box.store));
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

static int64_t count_rows(const char *sql)
{
    sqlite3_stmt *statement;
    cr_assert_eq(sqlite3_prepare_v2(box.store->db, sql, -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static int64_t serial_of(const char *letter)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT min(serial) FROM outbox WHERE letter = '%s'", letter);
    return count_rows(sql);
}

static void expect_state(const char *id, enum outbox_state state)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM outbox WHERE letter = '%s' AND state = '%s'",
             id, outbox_state_name(state));
    cr_expect_gt(count_rows(sql), 0, "%s is not %s", id, outbox_state_name(state));
}

Test(outbox, a_letter_is_made_once)
{
    cr_expect_eq(put("one", "stop"), 0);
    cr_expect_eq(put("one", "stop"), 1);
    expect_counts(0, 1, 0, 0);
}

Test(outbox, other_bytes_under_one_id_are_a_conflict_and_the_first_stand)
{
    put("one", "stop");
    cr_expect_eq(put("one", "go on"), ERR_CONFLICT);
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
}

Test(outbox, letters_leave_in_the_order_they_were_made)
{
    put("b", "1");
    put("a", "2");
    put("c", "3");
    cr_expect_str_eq(take(10, 2), "b=1#1 a=2#1 ");
    cr_expect_str_eq(take(10, 2), "c=3#1 ");
    cr_expect_str_eq(take(10, 2), "");
    expect_counts(0, 0, 3, 0);
}

Test(outbox, the_more_urgent_leaves_first_and_the_rest_may_be_held_back)
{
    put_to("yellow", "a", 12);
    put_to("red", "b", 10);
    put_to("page", "c", 2);
    cr_assert_geq(take_with(10, 9, 9), 0);
    cr_expect_str_eq(taken, "page=page#1 ", "what is paused");
    cr_expect_str_eq(take(10, 9), "red=red#1 yellow=yellow#1 ");
}

Test(outbox, one_reader_is_told_in_order)
{
    put_to("first", "a", 10);
    put_to("second", "a", 10);
    cr_expect_str_eq(take(10, 9), "first=first#1 ");
    cr_expect_str_eq(take(10, 9), "", "the first is still under way");
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, serial_of("first"), 500, "no route"), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "", "or waits to be tried again");
    put_to("urgent", "a", 2);
    cr_expect_str_eq(take(10, 9), "urgent=urgent#1 ", "but what is more urgent overtakes");
}

Test(outbox, a_new_letter_hastens_those_it_would_wait_for)
{
    put_to("first", "a", 10);
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, serial_of("first"), 5000, "no route"), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "");
    put_to("second", "a", 10);
    cr_expect_str_eq(take(10, 9), "first=first#2 ");
}

Test(outbox, shadow_letters_never_leave)
{
    put_as("one", "stop", OUTBOX_SHADOW);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
    expect_counts(1, 0, 0, 0);
}

Test(outbox, a_delivered_letter_does_not_leave_again)
{
    put("one", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_delivered(tx, serial_of("one")), 0);
    box_commit(tx);
    tx = box_begin(&box);
    cr_assert_eq(outbox_restart(tx), 0);
    box_commit(tx);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
    expect_counts(0, 0, 0, 1);
}

Test(outbox, what_was_being_sent_in_a_crash_is_sent_again_with_the_same_bytes)
{
    put("one", "stop");
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
    box_crash(&box);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_restart(tx), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "one=stop#2 ");
}

Test(outbox, what_was_never_begun_does_not_count)
{
    put("one", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_recall(tx, serial_of("one")), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
}

Test(outbox, a_retry_waits_for_its_time)
{
    instant_ms next;
    bool due;
    put("one", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, serial_of("one"), 500, "no route"), 0);
    box_commit(tx);
    cr_assert_eq(outbox_next(box.store, "spool", 10, 1000, &due, &next), 0);
    cr_expect_not(due);
    cr_expect_eq(next, 500);
    cr_assert_eq(outbox_next(box.store, "spool", 500, 1000, &due, &next), 0);
    cr_expect(due);
    cr_expect_eq(next, INSTANT_NONE);
    cr_expect_str_eq(take(499, 9), "");
    cr_expect_str_eq(take(500, 9), "one=stop#2 ");
    cr_assert_eq(outbox_next(box.store, "spool", 500, 1000, &due, &next), 0);
    cr_expect_not(due);
    cr_expect_eq(next, INSTANT_NONE);
}

Test(outbox, when_the_clock_is_set_what_is_to_come_keeps_its_span)
{
    put("one", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, serial_of("one"), 500, "no route"), 0);
    cr_assert_eq(outbox_shift(tx, 10000), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10499, 9), "");
    cr_expect_str_eq(take(10500, 9), "one=stop#2 ");
}

Test(outbox, when_the_clock_is_set_back_what_is_due_stays_due)
{
    put("one", "stop");
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_shift(tx, -10000), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10 - 10000, 9), "one=stop#1 ");
}

Test(outbox, what_has_ended_while_under_way_does_not_leave_after_a_start)
{
    put("one", "stop");
    put("two", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(letter_end(tx, "one", "acknowledged"), 0);
    cr_assert_eq(outbox_restart(tx), 0);
    box_commit(tx);
    cr_expect_str_eq(take(20, 9), "two=stop#2 ");
}

Test(outbox, damaged_bytes_do_not_leave)
{
    put("one", "stop");
    box_close(&box);
    box_meddle(&box, "UPDATE letter SET body = CAST('stay' AS BLOB)");
    box_open(&box);
    cr_expect_eq(take_with(10, 9, 1000), ERR_STORE);
    cr_expect_str_eq(taken, "");
    cr_expect_not_null(strstr(store_message(box.store), "one"));
}

Test(outbox, damaged_bytes_of_one_way_do_not_leave)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(put_letter(tx, "one", "order", "stop"), 0);
    struct consignment way = {.key = {"one", "spool", "x"},
                              .host = "",
                              .state = OUTBOX_WAITING,
                              .bytes = "<stop/>",
                              .size = 7};
    cr_assert_eq(outbox_put(tx, &way), 0);
    box_commit(tx);
    box_close(&box);
    box_meddle(&box, "UPDATE rendering SET body = CAST('<stay/>' AS BLOB)");
    box_open(&box);
    cr_expect_eq(take_with(10, 9, 1000), ERR_STORE);
}

/* ---- letters as a whole --------------------------------------------------- */

Test(outbox, a_fallback_waits_until_it_is_needed)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(put_letter(tx, "one", "order", "stop"), 0);
    put_way(tx, "one", "spool", "a", 0, 10, OUTBOX_WAITING);
    put_way(tx, "one", "spool", "b", 1, 10, OUTBOX_RESERVE);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
    tx = box_begin(&box);
    struct outbox_standing standing;
    cr_assert_eq(outbox_dead(tx, serial_of("one"), "no such number"), 0);
    cr_assert_eq(outbox_standing(box.store, "one", &standing), 0);
    cr_expect_eq(standing.alive + standing.delivered, 0);
    cr_expect_eq(standing.next_rung, 1);
    cr_assert_eq(outbox_promote(tx, "one", 1), 0);
    box_commit(tx);
    cr_expect_str_eq(take(10, 9), "one=stop#1 ");
}

Test(outbox, an_answer_ends_reminders_and_whatever_still_waits)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(put_letter(tx, "one", "order", "stop"), 0);
    put_way(tx, "one", "spool", "a", 0, 10, OUTBOX_WAITING);
    put_way(tx, "one", "spool", "b", 1, 10, OUTBOX_RESERVE);
    struct letter_row reminder = {
        .id = "two", .kind = "reminder", .about = "one", .number = -1, .body = "x", .size = 1};
    cr_assert_eq(letter_put(tx, &reminder), 0);
    put_way(tx, "two", "spool", "a", 0, 40, OUTBOX_WAITING);
    struct chase_row chase = {.letter = "one", .deadline = 5, .due = 5, .fired = "0"};
    cr_assert_eq(chase_put(tx, &chase), 0);
    cr_assert_eq(letter_end(tx, "one", "acknowledged"), 0);
    box_commit(tx);
    instant_ms due;
    cr_assert_eq(chase_next(box.store, &due), 0);
    cr_expect_eq(due, INSTANT_NONE);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
    expect_state("one", OUTBOX_CANCELLED);
    expect_state("two", OUTBOX_CANCELLED);
}

Test(outbox, what_is_under_way_when_the_answer_comes_is_not_tried_again)
{
    put("one", "stop");
    take(10, 9);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(letter_end(tx, "one", "acknowledged"), 0);
    cr_assert_eq(outbox_retry(tx, serial_of("one"), 500, "no route"), 0);
    box_commit(tx);
    expect_state("one", OUTBOX_CANCELLED);
    cr_expect_str_eq(take(INT64_MAX, 9), "");
}

static void put_newest(void)
{
    struct store_tx *tx = box_begin(&box);
    struct letter_row newest = {.id = "two",
                                .kind = "release",
                                .recipient = "210106-0001",
                                .rule = "haze",
                                .episode = "haze/1",
                                .number = 1,
                                .body = "go",
                                .size = 2};
    cr_assert_eq(letter_put(tx, &newest), 0);
    put_way(tx, "two", "spool", "b", 0, 10, OUTBOX_WAITING);
    cr_assert_eq(letter_supersede(tx, &newest), 0);
    box_commit(tx);
}

Test(outbox, the_newest_order_supersedes_the_queued_ones)
{
    put_to("one", "a", 10);
    put_to("other", "a", 10);
    put_newest();
    cr_expect_str_eq(take(10, 9), "two=go#1 ");
    expect_state("one", OUTBOX_CANCELLED);
    cr_expect_eq(count_rows("SELECT count(*) FROM letter WHERE closed = 'superseded'"), 2);
}

Test(outbox, what_keeps_the_record_gets_the_superseded_too)
{
    put("one", "stop");
    put_newest();
    cr_expect_str_eq(take(10, 9), "one=stop#1 two=go#1 ");
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(outbox_retry(tx, serial_of("one"), 500, "no route"), 0);
    box_commit(tx);
    cr_expect_str_eq(take(500, 9), "one=stop#2 ");
}

Test(outbox, receipts_never_go_back)
{
    put("one", "stop");
    struct store_tx *tx = box_begin(&box);
    struct receipt_row row = {.letter = "one", .kind = RECEIPT_ACKNOWLEDGED, .by = "厂长"};
    cr_expect_eq(receipt_put(tx, &row), 0);
    cr_expect_eq(receipt_put(tx, &row), 1);
    row.kind = RECEIPT_READ;
    cr_expect_eq(receipt_put(tx, &row), 0);
    box_commit(tx);
    int state;
    cr_assert_eq(receipt_state(box.store, "one", &state), 0);
    cr_expect_eq(state, RECEIPT_ACKNOWLEDGED);
}

static int list(void *arg, const struct consignment *consignment)
{
    (void)arg;
    size_t used = strlen(taken);
    snprintf(taken + used, sizeof taken - used, "%s:%s#%d ", consignment->key.letter,
             outbox_state_name(consignment->state), consignment->attempts);
    return 0;
}

Test(outbox, it_can_be_listed)
{
    put_as("one", "stop", OUTBOX_SHADOW);
    put("two", "stop");
    take(10, 9);
    taken[0] = 0;
    cr_assert_eq(outbox_read(box.store, list, NULL), 0);
    cr_expect_str_eq(taken, "one:shadow#0 two:sending#1 ");
    taken[0] = 0;
    cr_assert_eq(outbox_of(box.store, "two", list, NULL), 0);
    cr_expect_str_eq(taken, "two:sending#1 ");
}

Test(outbox, what_is_put_aside_waits_until_then_and_not_across_a_start)
{
    put_to("1", "a", 10);
    put_to("2", "b", 10);
    struct store_tx *tx = box_begin(&box);
    outbox_defer(tx, serial_of("1"), 500);
    box_commit(tx);
    cr_expect_str_eq(take(499, 1), "2=2#1 ");
    cr_expect_str_eq(take(499, 9), "");
    box_close(&box);
    box_open(&box);
    cr_expect_str_eq(take(499, 9), "1=1#1 ");
}

/* ---- the queue in memory against the table -------------------------------------- */

/* What would leave at `now`, in order, and when the next is due, in words. */
static void tell_queue(char *told, size_t size, instant_ms now)
{
    struct serials serials = {.max = -1};
    instant_ms next;
    bool due;
    cr_assert_geq(outbox_ready(box.store, "spool", now, 1000, collect, &serials), 0);
    cr_assert_eq(outbox_next(box.store, "spool", now, 1000, &due, &next), 0);
    int used = snprintf(told, size, "%d %lld:", due, (long long)next);
    for (int i = 0; i < serials.count; i++)
        used += snprintf(told + used, size - (size_t)used, " %lld", (long long)serials.items[i]);
}

static unsigned draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static int64_t one_in(unsigned *seed, const char *state)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT coalesce((SELECT serial FROM outbox WHERE state = '%s' LIMIT 1 OFFSET"
             " (SELECT count(*) FROM outbox WHERE state = '%s') * %u / 100), 0)",
             state, state, draw(seed, 100));
    return count_rows(sql);
}

static void put_random(struct store_tx *tx, unsigned *seed, int turn)
{
    char id[16], address[8] = "";
    snprintf(id, sizeof id, "%d", turn);
    if (draw(seed, 4) > 0)
        snprintf(address, sizeof address, "a%u", draw(seed, 3));
    cr_assert_eq(put_letter(tx, id, "order", id), 0);
    put_way(tx, id, "spool", address, 0, 10 + (int)draw(seed, 3), OUTBOX_WAITING);
    put_way(tx, id, "spool", "fallback", 1, 10, OUTBOX_RESERVE);
}

static void do_anything(struct store_tx *tx, unsigned *seed, int turn)
{
    char letter[16];
    int64_t waiting = one_in(seed, "waiting"), sending = one_in(seed, "sending");
    snprintf(letter, sizeof letter, "%u", draw(seed, (unsigned)turn + 1));
    switch (draw(seed, 10)) {
    case 0:
        cr_assert_eq(outbox_delivered(tx, sending), 0);
        break;
    case 1:
        cr_assert_eq(outbox_retry(tx, sending, turn * 10 + draw(seed, 900), "no route"), 0);
        break;
    case 2:
        cr_assert_eq(outbox_dead(tx, sending, "gone"), 0);
        break;
    case 3:
        cr_assert_eq(outbox_recall(tx, sending), 0);
        break;
    case 4:
        cr_assert_eq(outbox_promote(tx, letter, 1), 0);
        break;
    case 5:
        cr_assert_eq(letter_end(tx, letter, draw(seed, 2) ? "superseded" : "done"), 0);
        break;
    case 6:
        cr_assert_eq(outbox_hasten(tx, "spool", "a1"), 0);
        break;
    case 7:
        cr_assert_eq(outbox_shift(tx, (int)draw(seed, 100) - 50), 0);
        break;
    default:
        if (waiting > 0)
            cr_assert_eq(outbox_begin(tx, waiting, hear, NULL), 0);
    }
    taken[0] = 0;
}

Test(outbox, the_queue_in_memory_is_what_the_table_says)
{
    unsigned seed = 1;
    int undone = 0;
    for (int turn = 0; turn < 600; turn++) {
        struct store_tx *tx = box_begin(&box);
        if (draw(&seed, 3) == 0)
            put_random(tx, &seed, turn);
        do_anything(tx, &seed, turn);
        if (draw(&seed, 8) == 0 && ++undone)
            store_rollback(tx);
        else
            box_commit(tx);
        if (turn % 7 > 0)
            continue; /* so that it also lives on from one change to the next */
        char before[400], after[400];
        tell_queue(before, sizeof before, turn * 10);
        box_close(&box);
        box_open(&box);
        tell_queue(after, sizeof after, turn * 10);
        cr_assert_str_eq(before, after, "turn %d", turn);
    }
    cr_expect_gt(undone, 20);
    cr_expect_gt(count_rows("SELECT count(*) FROM outbox WHERE state = 'delivered'"), 10);
}

/* ---- plans ------------------------------------------------------------------ */

static void put_of_plan(struct store_tx *tx, const char *id, const char *plan)
{
    struct letter_row row = {
        .id = id, .kind = "order", .plan = plan, .number = 0, .body = "x", .size = 1};
    cr_assert_eq(letter_put(tx, &row), 0);
}

Test(outbox, a_plan_is_found_by_its_first_digits)
{
    struct store_tx *tx = box_begin(&box);
    char hash[HASH_HEX] = "-";
    put_of_plan(tx, "a", "4f88c7c31bd5aa00");
    put_of_plan(tx, "b", "4f88c7c31bd5aa00");
    put_of_plan(tx, "c", "4f88c7c31bd5ffff");
    put_of_plan(tx, "d", "4f88c7c31bd6");
    put_letter(tx, "e", "order", "of no plan");
    box_commit(tx);
    cr_expect_eq(letter_plan(box.store, "4f88c7c31bd5", hash), ERR_CONFLICT);
    cr_expect_eq(letter_plan(box.store, "4f88c7c31bd7", hash), ERR_NOT_FOUND);
    cr_expect_eq(letter_plan(box.store, "4f88c7c31bd5aa000", hash), ERR_NOT_FOUND);
    cr_expect_str_eq(hash, "-", "untouched");
    cr_expect_eq(letter_plan(box.store, "4f88c7c31bd5f", hash), 0);
    cr_expect_str_eq(hash, "4f88c7c31bd5ffff");
    cr_expect_eq(letter_plan(box.store, "4f88c7c31bd5aa00", hash), 0, "the whole of it");
    cr_expect_str_eq(hash, "4f88c7c31bd5aa00");
}
