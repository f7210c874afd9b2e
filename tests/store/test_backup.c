/* Backups: whole, proved, and never in another file's place. */
#include "base/str.h"
#include "base/xalloc.h"
#include "store/backup.h"
#include "store/journal.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_box box;
static char *copy;

static void make(void)
{
    box_make(&box);
    box_open(&box);
    copy = xasprintf("%s/copy.db", box.folder);
}

static void away(void)
{
    box_remove(&box);
    free(copy);
}

TestSuite(backup, .init = make, .fini = away);

static void append(int from, int count)
{
    struct store_tx *tx = box_begin(&box);
    for (int i = from; i < from + count; i++) {
        char *id = xasprintf("r%d", i);
        struct fact fact = box_reading(id, HOUR_MS + i, MICRO);
        int64_t seq;
        cr_assert_eq(journal_append(tx, &fact, &seq), 0, "%s", store_message(box.store));
        free(id);
    }
    box_commit(tx);
}

static int64_t rows_of_copy(void)
{
    struct store *store;
    struct store_options options = {.reader = true};
    struct audit_report report;
    int err = store_open(&store, copy, &options, &box.trouble, &box.findings);
    cr_assert_eq(err, 0, "%s", box.findings.count ? box.findings.items[0].message : "");
    cr_expect_eq(audit_verify(store, &(struct audit_options){0}, &report, &box.findings), 0);
    store_close(store);
    return report.facts;
}

Test(backup, between_the_transactions_of_a_writer)
{
    struct store_backup *backup;
    struct audit_report report;
    int steps = 0, more;
    append(0, 2000);
    cr_assert_eq(store_backup_begin(box.store, copy, &backup, &box.findings), 0);
    while ((more = store_backup_step(backup, 16)) == 1)
        append(2000 + 10 * steps++, 10);
    cr_assert_eq(more, 0);
    cr_expect_neq(access(copy, F_OK), 0, "no name before it is proved");
    cr_assert_eq(store_backup_finish(backup, &report, &box.findings), 0, "%s",
                 box.findings.count ? box.findings.items[0].message : "");
    cr_expect_gt(steps, 5, "it came in small steps");
    cr_expect_eq(rows_of_copy(), 2000 + 10 * steps, "what came in between is in it too");
    append(9000, 1);
}

Test(backup, one_given_up_leaves_nothing)
{
    struct store_backup *backup;
    struct audit_report report;
    append(0, 2000);
    cr_assert_eq(store_backup_begin(box.store, copy, &backup, &box.findings), 0);
    cr_assert_eq(store_backup_step(backup, 4), 1);
    cr_expect_lt(store_backup_finish(backup, &report, &box.findings), 0);
    cr_expect_neq(access(copy, F_OK), 0);
    char *part = xasprintf("%s.part", copy);
    cr_expect_neq(access(part, F_OK), 0);
    free(part);
}

Test(backup, nothing_is_overwritten)
{
    struct audit_report report;
    append(0, 3);
    cr_assert_eq(store_copy(box.path, copy, NULL, NULL, &report, &box.findings), 0);
    cr_expect_lt(store_copy(box.path, copy, NULL, NULL, &report, &box.findings), 0);
    cr_assert_eq(box.findings.count, 1);
    cr_expect_str_eq(box.findings.items[0].code, "D040");
}

static void count_progress(void *arg, int64_t done, int64_t of)
{
    cr_expect_leq(done, of);
    ++*(int *)arg;
}

Test(backup, a_copy_beside_a_writer_and_back_again)
{
    struct audit_report report;
    int calls = 0;
    append(0, 5000);
    cr_assert_eq(store_copy(box.path, copy, count_progress, &calls, &report, &box.findings), 0);
    cr_expect_gt(calls, 0);
    cr_expect_eq(report.facts, 5000);
    box_close(&box);
    char *back = xasprintf("%s/back.db", box.folder);
    cr_assert_eq(store_copy(copy, back, NULL, NULL, &report, &box.findings), 0);
    free(box.path);
    box.path = back;
    box_open(&box);
    append(5000, 1);
    struct store_tx *tx = box_begin(&box);
    cr_expect_eq(journal_end(tx), 5001);
    store_rollback(tx);
}

Test(backup, a_copy_is_its_owners_alone)
{
    struct audit_report report;
    umask(022);
    append(0, 10);
    cr_assert_eq(store_copy(box.path, copy, NULL, NULL, &report, &box.findings), 0);
    cr_expect_eq(box_mode(copy, NULL), 0600, "%o", box_mode(copy, NULL));
}

Test(backup, damage_is_not_copied)
{
    struct audit_report report;
    append(0, 300);
    box_close(&box);
    FILE *file = fopen(box.path, "r+b");
    cr_assert_eq(fseek(file, -1000, SEEK_END), 0);
    int byte = fgetc(file);
    cr_assert_eq(fseek(file, -1000, SEEK_END), 0);
    fputc(byte ^ 8, file);
    fclose(file);
    cr_expect_lt(store_copy(box.path, copy, NULL, NULL, &report, &box.findings), 0);
    cr_assert_geq(box.findings.count, 1);
    cr_expect_not_null(strstr(box.findings.items[0].message, "page "), "%s",
                       box.findings.items[0].message);
    cr_expect_neq(access(copy, F_OK), 0);
}
