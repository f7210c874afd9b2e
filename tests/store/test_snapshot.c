/* Snapshots: the newest good one. */
#include "base/xalloc.h"
#include "store/journal.h"
#include "store/snapshot.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct store_box box;
static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void make(void)
{
    box_make(&box);
    box_open(&box);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(snapshot, .init = make, .fini = away);

/* One fact and a snapshot after it. */
static void put(const char *bytes)
{
    struct store_tx *tx = box_begin(&box);
    char *id = xasprintf("r%lld", (long long)journal_end(tx));
    struct fact fact = box_reading(id, HOUR_MS, MICRO);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0);
    cr_assert_eq(snapshot_put(tx, hash, bytes, strlen(bytes)), 0);
    box_commit(tx);
    free(id);
}

static void expect_newest(int64_t before, int64_t seq, const char *bytes)
{
    struct snapshot snapshot = {0};
    cr_assert_eq(snapshot_newest(box.store, before, &snapshot), 0);
    cr_expect_eq(snapshot.seq, seq);
    cr_expect_str_eq(snapshot.bundle, hash);
    cr_expect_eq(snapshot.size, strlen(bytes));
    cr_expect_eq(memcmp(snapshot.bytes, bytes, snapshot.size), 0);
    snapshot_release(&snapshot);
}

Test(snapshot, there_may_be_none)
{
    struct snapshot snapshot = {0};
    cr_expect_eq(snapshot_newest(box.store, INT64_MAX, &snapshot), ERR_NOT_FOUND);
}

Test(snapshot, the_newest_counts_and_the_ones_before_can_be_asked_for)
{
    put("first");
    put("second");
    expect_newest(INT64_MAX, 2, "second");
    expect_newest(2, 1, "first");
}

Test(snapshot, only_a_few_are_kept)
{
    for (int i = 0; i < SNAPSHOTS_KEPT + 2; i++)
        put("state");
    struct snapshot snapshot = {0};
    cr_expect_eq(snapshot_newest(box.store, 3, &snapshot), ERR_NOT_FOUND);
    expect_newest(4, 3, "state");
}

Test(snapshot, a_damaged_one_is_passed_over)
{
    put("first");
    put("second");
    box_close(&box);
    box_meddle(&box, "UPDATE snapshot SET bytes = CAST('secund' AS BLOB) WHERE seq = 2");
    box_open(&box);
    expect_newest(INT64_MAX, 1, "first");
}
