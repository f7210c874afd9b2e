/* The guard: sums on every page, nothing after a failure, no writing readers, a log of bounded
 * size.
 */
#include "base/xalloc.h"
#include "store/db.h"
#include "store/export.h"
#include "store/guard.h"
#include "store/journal.h"
#include "store/snapshot.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_box box;

static void make(void)
{
    box_make(&box);
    box_open(&box);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(guard, .init = make, .fini = away);

static int append(int from, int count)
{
    struct store_tx *tx;
    if (store_begin(box.store, 1, &tx) < 0)
        return ERR_STORE;
    int err = 0;
    for (int i = from; err == 0 && i < from + count; i++) {
        char *id = xasprintf("r%d", i);
        struct fact fact = box_reading(id, HOUR_MS + i, MICRO);
        int64_t seq;
        err = journal_append(tx, &fact, &seq);
        free(id);
    }
    if (err == 0)
        return store_commit(tx);
    store_rollback(tx);
    return err;
}

static int64_t size_of(const char *suffix)
{
    struct stat info;
    char *path = xasprintf("%s%s", box.path, suffix);
    int64_t size = stat(path, &info) == 0 ? info.st_size : -1;
    free(path);
    return size;
}

/* Beyond the limit the system refuses the write (EFBIG): the fault every machine can play. */
static void limit_files(int64_t bytes)
{
    struct rlimit limit = {(rlim_t)bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(guard, after_a_failed_write_nothing_more_is_written)
{
    struct store_counts before, after;
    cr_assert_eq(append(0, 10), 0);
    limit_files(size_of("-wal") + 8192);
    int refused = append(10, 3000); /* more than the log has room for without growing */
    limit_files(1 << 30);
    cr_assert_lt(refused, 0, "the fault fired");
    cr_expect_eq(store_trouble(box.store), STORE_BROKEN);
    cr_expect_not_null(strstr(store_message(box.store), "writing to the disk failed"), "%s",
                       store_message(box.store));
    store_counted(box.store, &before);
    cr_expect_lt(append(10, 1), 0, "it stays refused, although the disk would take it again");
    store_counted(box.store, &after);
    cr_expect_eq(after.writes, before.writes);
    box_close(&box);
    box_open(&box);
    cr_expect_eq(append(10, 1), 0, "a new start reads what is there and goes on");
}

Test(guard, the_log_is_carried_over_and_does_not_grow)
{
    for (int i = 0; i < 120; i++)
        cr_assert_eq(append(1000 * i, 1000), 0, "%s", store_message(box.store));
    cr_expect_lt(size_of("-wal"), 24 << 20);
    cr_expect_gt(size_of(""), 8 << 20, "it was carried into the file");
}

Test(guard, a_reader_that_never_ends_holds_up_and_is_named)
{
    struct store *reader;
    struct store_options options = {.reader = true};
    cr_assert_eq(append(0, 100), 0);
    cr_assert_eq(store_open(&reader, box.path, &options, &box.trouble, &box.findings), 0);
    cr_assert_eq(db_exec(reader, "BEGIN; SELECT count(*) FROM journal"), 0);
    cr_assert_eq(append(100, 100), 0);
    box.store->wal_pages_max = 20; /* in place of a quarter of a gigabyte */
    int err = 0, turns = 0;
    for (; err == 0 && turns < 50; turns++) {
        box.store->wal_due = true;
        err = append(1000 + 100 * turns, 100);
    }
    cr_expect_lt(err, 0);
    cr_expect_eq(store_trouble(box.store), STORE_BUSY);
    cr_expect_not_null(strstr(store_message(box.store), "a reader"));
    store_close(reader);
    box.store->wal_due = true;
    cr_expect_eq(append(9000, 1), 0, "%s", store_message(box.store));
}

Test(guard, a_reader_cannot_write_whatever_it_tries)
{
    struct store *reader;
    struct store_options options = {.reader = true};
    cr_assert_eq(append(0, 10), 0);
    cr_assert_eq(store_open(&reader, box.path, &options, &box.trouble, &box.findings), 0);
    cr_expect_lt(db_exec(reader, "PRAGMA query_only = 0; DELETE FROM snapshot;"
                                 "INSERT INTO snapshot VALUES (1, '', x'', x'', 1)"),
                 0);
    cr_expect_eq(store_trouble(reader), STORE_FORBIDDEN);
    sqlite3_wal_checkpoint_v2(reader->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    struct store_counts counts;
    store_counted(reader, &counts);
    cr_expect_eq(counts.writes, 0);
    store_close(reader);
}

/* A torn page must not keep a start from the snapshot before it. */
Test(guard, a_damaged_page_of_a_snapshot_is_passed_over)
{
    struct snapshot snapshot = {0};
    char *state = xmalloc(60000);
    cr_assert_eq(append(0, 1), 0);
    for (int i = 0; i < 2; i++) {
        memset(state, 'a' + i, 60000);
        struct store_tx *tx = box_begin(&box);
        cr_assert_eq(snapshot_put(tx, "hash", state, 60000), 0);
        box_commit(tx);
        cr_assert_eq(append(10 + i, 1), 0);
    }
    box_close(&box);
    FILE *file = fopen(box.path, "r+b");
    char page[4096];
    int hurt = 0;
    for (long at = 0; hurt == 0 && fread(page, 1, sizeof page, file) == sizeof page; at += 4096) {
        if (memcmp(page + 2000, "bbbbbbbb", 8) != 0)
            continue;
        fseek(file, at + 2000, SEEK_SET);
        fputc('c', file);
        hurt++;
    }
    fclose(file);
    cr_assert_eq(hurt, 1);
    box_open(&box);
    cr_assert_eq(snapshot_newest(box.store, INT64_MAX, &snapshot), 0);
    cr_expect_eq(snapshot.seq, 1);
    cr_expect_eq(((char *)snapshot.bytes)[0], 'a');
    snapshot_release(&snapshot);
    free(state);
}

static int count_line(void *arg, const char *line, size_t size)
{
    cr_expect_eq(line[0], '{');
    cr_expect_eq(line[size - 1], '}');
    return ++*(int *)arg == 4 ? 7 : 0;
}

Test(guard, an_export_can_be_stopped)
{
    int lines = 0;
    struct export_counts counts;
    cr_assert_eq(append(0, 10), 0);
    cr_expect_eq(export_lines(box.store, 2, 5, count_line, &lines, &counts), 0);
    cr_expect_eq(lines, 3);
    lines = 0;
    cr_expect_eq(export_lines(box.store, 0, INT64_MAX, count_line, &lines, &counts), 7);
    cr_expect_eq(counts.facts, 4);
}
