/* Identities: known for ever, wherever they stand: in memory young or old, in the table, or only in
 * the journal's tail after a crash. */
#include "base/xalloc.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/identity.h"
#include "store/journal.h"
#include "store_box.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct store_box box;

static struct fact fact_of(int number, char id[24])
{
    snprintf(id, 24, "r%d", number * 7919 % 10007);
    return box_reading(id, HOUR_MS + number, MICRO);
}

static enum journal_answer look(int number, micro value)
{
    char id[24];
    enum journal_answer answer = JOURNAL_NEW;
    struct fact fact = fact_of(number, id);
    struct reading_value other = {"pm25", value, 0};
    fact.reading.values = &other;
    cr_assert_eq(journal_look(box.store, &fact, &answer), 0, "%s", store_message(box.store));
    return answer;
}

/* Small runs, so that everything happens often. */
static void limit(void)
{
    look(0, MICRO);
    identity_limit(box.store->identity, 100);
}

static void append(int from, int count, bool commit)
{
    struct store_tx *tx = box_begin(&box);
    for (int i = from; i < from + count; i++) {
        char id[24];
        int64_t seq;
        struct fact fact = fact_of(i, id);
        cr_assert_eq(journal_append(tx, &fact, &seq), 0, "%s", store_message(box.store));
    }
    if (commit)
        box_commit(tx);
    else
        store_rollback(tx);
}

static void make(void)
{
    box_make(&box);
    box_open(&box);
    limit();
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(identity, .init = make, .fini = away);

static void expect_known(int from, int until)
{
    int wrong = 0;
    for (int i = from; i < until; i++)
        wrong += look(i, MICRO) != JOURNAL_REPEAT || look(i, 2 * MICRO) != JOURNAL_CONFLICT;
    cr_expect_eq(wrong, 0, "%d of %d to %d are not known", wrong, from, until);
    cr_expect_eq(look(until, MICRO), JOURNAL_NEW);
}

static void expect_sound(void)
{
    struct audit_report report;
    int answer = audit_verify(box.store, &(struct audit_options){0}, &report, &box.findings);
    cr_expect_eq(answer, 0, "%s", box.findings.count ? box.findings.items[0].message : "");
}

Test(identity, known_through_every_run)
{
    for (int i = 0; i < 3000; i += 37)
        append(i, 37, true);
    expect_known(0, 3034);
    expect_sound();
}

Test(identity, known_after_a_crash_at_any_moment_of_a_fold)
{
    int count = 0;
    for (int i = 0; i < 40; i++) {
        append(count, 23, true);
        count += 23;
        if (i % 3 == 0) {
            box_crash(&box);
            limit();
        }
        expect_known(count - 60 > 0 ? count - 60 : 0, count);
    }
    expect_known(0, count);
    expect_sound();
}

Test(identity, what_is_rolled_back_is_forgotten)
{
    int count = 0;
    for (int i = 0; i < 60; i++) {
        append(count, 17, i % 2 == 0);
        count += i % 2 == 0 ? 17 : 0;
        cr_expect_eq(look(count, MICRO), JOURNAL_NEW);
    }
    expect_known(0, count);
    expect_sound();
}

/* More of them than the sieve learns at once; the rest it learns while facts come in. */
Test(identity, known_while_the_sieve_learns_the_table)
{
    append(0, 9000, true);
    for (int i = 0; i < 200; i++) /* into the table with all of them */
        append(9000 + i, 1, true);
    for (int round = 0; round < 3; round++) {
        box_crash(&box);
        limit();
        expect_known(0, 9200 + round * 10);
        append(9200 + round * 10, 5, false);
        expect_known(0, 9200 + round * 10);
        append(9200 + round * 10, 10, true);
        expect_known(0, 9210 + round * 10);
    }
    expect_sound();
}

Test(identity, its_text_is_the_same_for_equal_identities_alone)
{
    /* Source a, id b; the same of another kind; a source that looks like both; another id. */
    const char *const contents[] = {
        "{\"type\":\"x\",\"source\":\"a\",\"id\":\"b\",\"time\":1}",
        "{\"type\":\"y\",\"source\":\"a\",\"id\":\"b\",\"subject\":\"s\"}",
        "{\"type\":\"x\",\"source\":\"a\\\",\\\"id\\\":\\\"b\",\"id\":\"c\"}",
        "{\"type\":\"x\",\"source\":\"a\",\"id\":\"b\\\\\",\"time\":1}",
    };
    char *texts[4];
    for (int i = 0; i < 4; i++) {
        const char *text;
        size_t size;
        cr_assert(identity_text(contents[i], &text, &size));
        texts[i] = xstrndup(text, size);
    }
    cr_expect_str_eq(texts[0], texts[1]);
    cr_expect_str_eq(texts[2], ",\"source\":\"a\\\",\\\"id\\\":\\\"b\",\"id\":\"c\"");
    cr_expect_str_neq(texts[0], texts[3]);
    const char *text;
    size_t size;
    cr_expect_not(identity_text("{\"id\":\"b\"}", &text, &size));
    cr_expect_not(identity_text("{\"type\":\"x\",\"source\":\"a", &text, &size));
    for (int i = 0; i < 4; i++)
        free(texts[i]);
}
