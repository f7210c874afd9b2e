/* Compare: pairing of episodes and the fate of recipients, on decisions made by hand. */
#include "cli/compare.h"
#include "model/policy.h"
#include <criterion/criterion.h>

static struct level levels[] = {{.name = "yellow"}, {.name = "orange"}};
static struct policy policy = {.levels = levels, .level_count = 2};

static void passage(struct chronicle *chronicle, enum decision_kind kind, int hour, const char *id,
                    const char *level)
{
    struct decision decision = {
        .at = hour * (instant_ms)HOUR_MS, .kind = kind, .rule = "r", .episode = id, .level = level};
    chronicle_add(chronicle, &decision);
}

static void order(struct chronicle *chronicle, int hour, const char *to, const char *measures)
{
    struct decision decision = {.at = hour * (instant_ms)HOUR_MS,
                                .kind = measures ? DECISION_ORDER : DECISION_RELEASE,
                                .rule = "r",
                                .episode = "r/a/1",
                                .order = "id",
                                .to = to,
                                .measures = measures ? measures : "[]"};
    chronicle_add(chronicle, &decision);
}

static struct chronicle before, after;
static struct comparison comparison;

static void begin(void)
{
    chronicle_init(&before, &policy, true);
    chronicle_init(&after, &policy, true);
}

static void end(void)
{
    comparison_release(&comparison);
    chronicle_release(&before);
    chronicle_release(&after);
}

Test(compare, episodes_pair_by_overlap, .init = begin, .fini = end)
{
    passage(&before, DECISION_ISSUE, 10, "r/a/1", "yellow");
    passage(&before, DECISION_LIFT, 20, "r/a/1", NULL);
    passage(&before, DECISION_ISSUE, 50, "r/a/2", "yellow");
    passage(&after, DECISION_ISSUE, 8, "r/a/x", "orange");
    passage(&after, DECISION_LIFT, 19, "r/a/x", NULL);
    passage(&after, DECISION_ISSUE, 10, "r/b/1", "yellow");
    compare(&comparison, &before, &after, 100 * (instant_ms)HOUR_MS);
    cr_assert_eq(comparison.pair_count, 3);
    cr_expect_str_eq(comparison.pairs[0].before->id, "r/a/1");
    cr_expect_str_eq(comparison.pairs[0].after->id, "r/a/x");
    cr_expect_str_eq(comparison.pairs[0].after->peak, "orange");
    cr_expect_not(comparison.pairs[0].same);
    cr_expect_null(comparison.pairs[1].before, "another subject is another story");
    cr_expect_str_eq(comparison.pairs[2].before->id, "r/a/2");
    cr_expect_null(comparison.pairs[2].after);
}

Test(compare, equal_courses_are_the_same, .init = begin, .fini = end)
{
    passage(&before, DECISION_ISSUE, 10, "r/a/1", "yellow");
    passage(&after, DECISION_ISSUE, 10, "r/a/1", "yellow");
    compare(&comparison, &before, &after, 20 * (instant_ms)HOUR_MS);
    cr_assert_eq(comparison.pair_count, 1);
    cr_expect(comparison.pairs[0].same);
}

static enum change change_of(const char *id)
{
    for (size_t i = 0; i < comparison.recipient_count; i++)
        if (str_equal(comparison.recipients[i].id, id))
            return comparison.recipients[i].change;
    return CHANGES;
}

Test(compare, recipients, .init = begin, .fini = end)
{
    passage(&before, DECISION_ISSUE, 1, "r/a/1", "yellow");
    passage(&after, DECISION_ISSUE, 1, "r/a/1", "yellow");
    order(&before, 1, "same", "[1]");
    order(&before, 1, "freed", "[1]");
    order(&before, 1, "later", "[1]");
    order(&before, 1, "harder", "[1]");
    order(&before, 5, "same", NULL);
    order(&after, 1, "same", "[1]");
    order(&after, 1, "new", "[1]");
    order(&after, 3, "later", "[1]");
    order(&after, 1, "harder", "[2]");
    order(&after, 5, "same", NULL);
    compare(&comparison, &before, &after, 11 * (instant_ms)HOUR_MS);
    cr_assert_eq(comparison.recipient_count, 5);
    cr_expect_eq(change_of("same"), CHANGE_NONE);
    cr_expect_eq(change_of("freed"), CHANGE_FREED);
    cr_expect_eq(change_of("new"), CHANGE_BOUND);
    cr_expect_eq(change_of("later"), CHANGE_TIMES);
    cr_expect_eq(change_of("harder"), CHANGE_MEASURES);
    cr_expect_eq(comparison.changes[CHANGE_BOUND], 1);
    for (size_t i = 0; i < comparison.recipient_count; i++) {
        const struct recipient_change *change = &comparison.recipients[i];
        if (str_equal(change->id, "same"))
            cr_expect_eq(change->bound[0], 4 * HOUR_MS, "a release ends it");
        if (str_equal(change->id, "later"))
            cr_expect_eq(change->bound[1], 8 * HOUR_MS, "what is open counts to the end");
    }
}
