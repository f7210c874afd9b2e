/* Opening, locking, transactions: what may be relied on, and who is kept out. */
#include "base/buf.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/journal.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_box box;

static void make(void)
{
    box_make(&box);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(store, .init = make, .fini = away);

static void expect_refused(const struct store_options *options, enum store_trouble trouble,
                           const char *code)
{
    struct store *store = NULL;
    enum store_trouble answer = STORE_FINE;
    struct findings findings = {0};
    cr_assert_lt(store_open(&store, box.path, options, &answer, &findings), 0);
    cr_expect_null(store);
    cr_expect_eq(answer, trouble);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, code);
    cr_expect_str_eq(findings.items[0].file, box.path);
    findings_release(&findings);
}

static int64_t append(int count)
{
    struct store_tx *tx = box_begin(&box);
    int64_t seq = 0;
    for (int i = 0; i < count; i++) {
        char *id = xasprintf("r%lld", (long long)journal_end(tx));
        struct fact fact = box_reading(id, 1000 * journal_end(tx) + HOUR_MS, MICRO);
        cr_assert_eq(journal_append(tx, &fact, &seq), 0);
        free(id);
    }
    box_commit(tx);
    return seq;
}

static int64_t rows(void)
{
    struct store_tx *tx = box_begin(&box);
    int64_t end = journal_end(tx);
    store_rollback(tx);
    return end;
}

Test(store, what_is_committed_is_there_after_a_crash)
{
    box_open(&box);
    append(3);
    box_crash(&box);
    cr_expect_eq(rows(), 3);
}

Test(store, what_is_not_committed_is_not_there_after_a_crash)
{
    box_open(&box);
    append(3);
    struct store_tx *tx = box_begin(&box);
    struct fact fact = box_reading("late", DAY_MS, MICRO);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0);
    box_crash(&box);
    cr_expect_eq(rows(), 3);
}

Test(store, a_rollback_takes_everything_back)
{
    box_open(&box);
    struct store_tx *tx = box_begin(&box);
    struct fact fact = box_reading("a", DAY_MS, MICRO);
    int64_t seq;
    cr_assert_eq(journal_append(tx, &fact, &seq), 0);
    store_rollback(tx);
    cr_expect_eq(rows(), 0);
    cr_expect_eq(append(1), 1, "numbers leave no gap");
}

/* How much of the log has gone into the file is seen by what the file alone holds. */
static int64_t pages_in_file(void)
{
    struct stat info;
    cr_assert_eq(stat(box.path, &info), 0);
    return info.st_size / 4096;
}

Test(store, while_nobody_waits_the_log_is_carried_in_small_portions)
{
    box_open(&box);
    append(1);
    cr_expect(!store_is_to_rest(box.store));
    int turns = 0;
    for (; turns < 500 && !store_is_to_rest(box.store); turns++)
        append(20);
    cr_assert_lt(turns, 500);
    cr_expect_gt(turns, 5);
    int64_t before = pages_in_file();
    cr_assert_eq(store_rest(box.store), 0);
    cr_expect_gt(pages_in_file(), before);
    cr_expect(!store_is_to_rest(box.store));
    cr_expect_eq(append(1), 2 + 20 * turns);
    cr_expect(!store_is_to_rest(box.store));
}

Test(store, who_rests_does_not_do_so_again_for_what_a_reader_keeps_back)
{
    struct store *reader;
    struct store_options options = {.reader = true};
    box_open(&box);
    append(1);
    cr_assert_eq(store_open(&reader, box.path, &options, &box.trouble, &box.findings), 0);
    cr_assert_eq(db_exec(reader, "BEGIN; SELECT count(*) FROM journal"), 0);
    for (int i = 0; i < 500 && !store_is_to_rest(box.store); i++)
        append(20);
    cr_assert(store_is_to_rest(box.store));
    cr_expect_eq(store_rest(box.store), 0);
    cr_expect(!store_is_to_rest(box.store));
    store_close(reader);
}

Test(store, a_second_writer_is_refused)
{
    box_open(&box);
    expect_refused(&(struct store_options){.mode = "live by_fact"}, STORE_BUSY, "D002");
    box_close(&box);
    box_open(&box);
}

Test(store, a_reader_works_beside_the_writer_and_cannot_write)
{
    box_open(&box);
    append(2);
    struct store *reader;
    enum store_trouble trouble;
    struct store_options options = {.reader = true};
    cr_assert_eq(store_open(&reader, box.path, &options, &trouble, &box.findings), 0);
    append(1);
    struct store_tx *tx;
    cr_expect_lt(store_begin(reader, 1, &tx), 0);
    store_close(reader);
    cr_expect_eq(rows(), 3);
}

Test(store, a_reader_makes_no_store)
{
    expect_refused(&(struct store_options){.reader = true}, STORE_FORBIDDEN, "D004");
    cr_expect_neq(access(box.path, F_OK), 0);
}

Test(store, a_drill_and_the_live_side_never_share_a_store)
{
    box_open(&box);
    box_close(&box);
    expect_refused(&(struct store_options){.mode = "drill by_fact"}, STORE_FOREIGN, "D007");
}

Test(store, a_reader_learns_the_mode)
{
    box_open(&box);
    char *mode = store_mode(box.store);
    cr_expect_str_eq(mode, "live by_fact");
    free(mode);
}

Test(store, another_file_is_left_alone)
{
    FILE *file = fopen(box.path, "w");
    for (int i = 0; i < 300; i++)
        fputs("this is somebody's diary\n", file);
    fclose(file);
    expect_refused(&(struct store_options){.mode = "live by_fact"}, STORE_FOREIGN, "D003");
    struct stat info;
    cr_assert_eq(stat(box.path, &info), 0);
    cr_expect_eq(info.st_size, 300 * 25);
}

Test(store, another_programs_database_is_left_alone)
{
    box_meddle(&box, "CREATE TABLE diary (page)");
    expect_refused(&(struct store_options){.mode = "live by_fact"}, STORE_FOREIGN, "D005");
}

Test(store, a_newer_schema_is_left_alone)
{
    box_open(&box);
    box_close(&box);
    box_meddle(&box, "PRAGMA user_version = 99");
    expect_refused(&(struct store_options){.mode = "live by_fact"}, STORE_FOREIGN, "D006");
}

Test(store, a_missing_folder_is_refused)
{
    free(box.path);
    box.path = xasprintf("%s/no/such/store.db", box.folder);
    expect_refused(&(struct store_options){.mode = "live by_fact"}, STORE_BROKEN, "D001");
}

Test(store, writing_is_durable_by_its_settings)
{
    box_open(&box);
    append(1);
    char *wal = xasprintf("%s-wal", box.path);
    cr_expect_eq(access(wal, F_OK), 0, "WAL");
    free(wal);
}

Test(store, a_full_store_loses_nothing_and_says_so)
{
    struct store_options options = {.mode = "live all", .bytes_max = 40 * 4096};
    cr_assert_eq(store_open(&box.store, box.path, &options, &box.trouble, &box.findings), 0);
    int64_t kept = 0;
    bool full = false;
    for (int i = 0; i < 2000 && !full; i++) {
        struct store_tx *tx = box_begin(&box);
        char *id = xasprintf("r%d", i);
        struct fact fact = box_reading(id, 1000 * i + HOUR_MS, MICRO);
        int64_t seq;
        full = journal_append(tx, &fact, &seq) < 0 || store_commit(tx) < 0;
        if (full)
            store_rollback(tx);
        else
            kept = seq;
        free(id);
    }
    cr_assert(full, "the bound was reached");
    cr_expect_eq(store_trouble(box.store), STORE_FULL);
    cr_expect_eq(rows(), kept);
}

static void expect_modes(unsigned mode)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(box_mode(box.path, suffixes[i]), mode, "%s: %o", suffixes[i],
                     box_mode(box.path, suffixes[i]));
}

Test(store, its_files_are_their_owners_alone)
{
    umask(022);
    box_open(&box);
    append(1);
    expect_modes(0600);
}

Test(store, what_others_could_read_is_closed_to_them_and_a_group_keeps_its_right)
{
    umask(022);
    box_open(&box);
    append(1);
    char *command = xasprintf("chmod 644 %s*", box.path);
    cr_assert_eq(system(command), 0);
    free(command);
    box_crash(&box);
    append(1);
    expect_modes(0640);
}
