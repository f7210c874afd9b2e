/* Stores of older versions, brought to this one; also when someone pulls the plug half way. */
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/audit.h"
#include "store/journal.h"
#include "store/migrate.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

TestSuite(migrate, .init = make, .fini = away);

static void make_old(void)
{
    char *sql;
    size_t size;
    cr_assert_eq(file_read("tests/store/old/store_1.sql", 1 << 20, &sql, &size, &box.findings), 0);
    box_meddle(&box, "PRAGMA journal_mode = WAL");
    box_meddle(&box, sql);
    free(sql);
}

/* One text value out of the file, from outside; caller frees. */
static char *ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    struct buf all = {0};
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        buf_puts(&all, (const char *)sqlite3_column_text(statement, 0));
        buf_putc(&all, '\n');
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return buf_detach(&all);
}

static void expect_answer(const char *sql, const char *expected)
{
    char *answer = ask(box.path, sql);
    cr_expect_str_eq(answer, expected, "%s", sql);
    free(answer);
}

static void expect_migrated(void)
{
    box_open(&box);
    struct audit_report report = {0};
    cr_expect_eq(audit_verify(box.store, &(struct audit_options){0}, &report, &box.findings), 0,
                 "%s", box.findings.count ? box.findings.items[0].message : "");
    cr_expect_eq(report.facts, 7);
    cr_expect_eq(report.rows, 5, "three decisions and two letters are sealed");
    enum journal_answer answer;
    struct reading_value value = {"pm25", 104 * MICRO, 0};
    struct fact fact = {.kind = FACT_READING,
                        .time = 1763920800000,
                        .source = "示例\"站",
                        .id = "r2",
                        .subject = "s1",
                        .reading = {.values = &value, .count = 1, .period = HOUR_MS}};
    cr_assert_eq(journal_look(box.store, &fact, &answer), 0);
    cr_expect_eq(answer, JOURNAL_REPEAT, "an identity of before is known");
    value.value = 1;
    cr_assert_eq(journal_look(box.store, &fact, &answer), 0);
    cr_expect_eq(answer, JOURNAL_CONFLICT);
    box_close(&box);
    expect_answer("SELECT id || state FROM letter JOIN outbox ON letter.id = outbox.letter",
                  "o1waiting\no2shadow\n");
}

Test(migrate, a_store_of_the_first_version_is_brought_here_whole)
{
    make_old();
    expect_migrated();
}

/* Without comments, spaces and quotes, because a renamed table keeps the text it was made with. */
static char *schema_of(const char *path)
{
    char *text = ask(path, "SELECT sql || ';' FROM sqlite_schema WHERE sql NOT NULL ORDER BY name");
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (from[0] == '-' && from[1] == '-')
            from = strchr(from, '\n');
        if (!strchr(" \n\"", *from))
            *to++ = *from;
        if (*from == ';')
            *to++ = '\n';
    }
    *to = 0;
    return text;
}

Test(migrate, both_ways_lead_to_the_same_tables)
{
    make_old();
    box_open(&box);
    box_close(&box);
    char *migrated = schema_of(box.path);
    struct store_box fresh;
    box_make(&fresh);
    box_open(&fresh);
    box_close(&fresh);
    char *made = schema_of(fresh.path);
    cr_expect_str_eq(migrated, made);
    free(migrated);
    free(made);
    box_remove(&fresh);
}

/* ---- the plug, pulled at every statement ---------------------------------- */

static int statements_left;

static int count_down(unsigned what, void *arg, void *statement, void *sql)
{
    (void)what;
    (void)arg;
    (void)statement;
    (void)sql;
    if (statements_left-- == 0)
        _exit(9);
    return 0;
}

static int watch(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_down, NULL);
    return SQLITE_OK;
}

/* True when the child was killed at that statement, false when there were fewer. */
static bool migrate_killed_at(int statement)
{
    pid_t child = fork();
    if (child == 0) {
        struct store_options options = {.mode = "live by_fact"};
        statements_left = statement;
        sqlite3_auto_extension((void (*)(void))watch);
        int err = store_open(&box.store, box.path, &options, &box.trouble, &box.findings);
        _exit(err == 0 ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) != 1, "at statement %d", statement);
    return WEXITSTATUS(status) == 9;
}

Test(migrate, killed_at_every_statement_it_resumes)
{
    int killed = 0;
    make_old();
    char *before = xasprintf("cp %s %s.old", box.path, box.path);
    char *again =
        xasprintf("rm -f %s-wal %s-shm; cp %s.old %s", box.path, box.path, box.path, box.path);
    cr_assert_eq(system(before), 0);
    while (migrate_killed_at(killed)) {
        expect_migrated();
        cr_assert_eq(system(again), 0);
        killed++;
    }
    cr_expect_gt(killed, 60, "only %d statements were seen", killed);
    free(before);
    free(again);
}

Test(migrate, a_damaged_old_store_is_refused_and_the_row_named)
{
    make_old();
    box_meddle(&box, "DROP TRIGGER journal_is_not_changed;"
                     "UPDATE journal SET body = replace(body, '104', '94') WHERE seq = 6");
    struct store_options options = {.mode = "live by_fact"};
    cr_assert_lt(store_open(&box.store, box.path, &options, &box.trouble, &box.findings), 0);
    cr_expect_eq(box.trouble, STORE_BROKEN);
    cr_expect_not_null(strstr(box.findings.items[0].message, "row 6"));
    box.store = NULL;
    expect_answer("PRAGMA user_version", "2\n");
}

Test(migrate, a_reader_asks_for_the_upgrade_first)
{
    make_old();
    struct store_options options = {.reader = true};
    cr_assert_lt(store_open(&box.store, box.path, &options, &box.trouble, &box.findings), 0);
    cr_expect_eq(box.trouble, STORE_FOREIGN);
    cr_expect_str_eq(box.findings.items[0].code, "D008");
    box.store = NULL;
    expect_answer("PRAGMA user_version", "1\n");
}
