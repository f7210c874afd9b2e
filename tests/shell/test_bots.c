/* Bots: seeded, whole numbers, and one order's draw never another's. */
#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "shell/bots.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct bots read_bots(struct arena *arena, const char *text)
{
    struct bots bots = {0};
    struct findings findings = {0};
    struct yaml *root = yaml_read(arena, "bots.yaml", text, strlen(text), &findings);
    cr_assert(bots_read(&bots, arena, root, &findings));
    return bots;
}

static const char *order_id(int i)
{
    static char id[40];
    snprintf(id, sizeof id, "%032d", i);
    return id;
}

static const struct recipient foundry = {
    .kind = RECIPIENT_ENTERPRISE, .id = "e1", .grade = GRADE_C, .district = "210106"};

Test(bots, equal_seeds_give_equal_answers)
{
    struct arena arena = {0};
    struct bots bots = read_bots(
        &arena, "- {match: {}, ack: {p: 0.9, delay: 2m..40m}, obey: {p: 0.8, delay: 1h..2h}}\n");
    int different = 0;
    for (int i = 0; i < 500; i++) {
        struct bot_answer a = bots_answer(&bots, 7, order_id(i), &foundry, 1000);
        struct bot_answer b = bots_answer(&bots, 7, order_id(i), &foundry, 1000);
        struct bot_answer c = bots_answer(&bots, 8, order_id(i), &foundry, 1000);
        cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
        different += a.acknowledged != c.acknowledged;
    }
    cr_assert_gt(different, 400, "another seed, %d of 500 answers differ", different);
    arena_release(&arena);
}

Test(bots, shares_and_delays_are_as_written)
{
    struct arena arena = {0};
    struct bots bots =
        read_bots(&arena, "- {match: {}, deliver: {delay: 10s}, ack: {p: 0.9, delay: 2m..40m}}\n");
    int acknowledged = 0, early = 0;
    for (int i = 0; i < 5000; i++) {
        struct bot_answer answer = bots_answer(&bots, 42, order_id(i), &foundry, 0);
        cr_assert_eq(answer.delivered, 10 * SECOND_MS);
        cr_assert_eq(answer.refused, INSTANT_NONE);
        cr_assert_eq(answer.done, INSTANT_NONE);
        if (answer.acknowledged == INSTANT_NONE)
            continue;
        span_ms delay = answer.acknowledged - answer.delivered;
        acknowledged++;
        early += delay < 21 * MINUTE_MS; /* the middle of the range */
        cr_assert(delay >= 2 * MINUTE_MS && delay <= 40 * MINUTE_MS, "%lld", (long long)delay);
    }
    cr_assert(acknowledged > 4400 && acknowledged < 4600, "%d of 5000", acknowledged);
    cr_assert(early * 100 > acknowledged * 66, "the square of an even draw: %d of %d early", early,
              acknowledged);
    arena_release(&arena);
}

Test(bots, who_refuses_neither_acknowledges_nor_obeys)
{
    struct arena arena = {0};
    struct bots bots =
        read_bots(&arena, "- {match: {}, ack: {}, obey: {}, refuse: {p: 0.5, reason: 检修}}\n");
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
        struct bot_answer answer = bots_answer(&bots, 1, order_id(i), &foundry, 0);
        bool refuses = answer.refused != INSTANT_NONE;
        refused += refuses;
        cr_assert_eq(refuses, answer.acknowledged == INSTANT_NONE);
        cr_assert_eq(refuses, answer.done == INSTANT_NONE);
        cr_assert_str_eq(answer.bot->reason, "检修");
    }
    cr_assert(refused > 400 && refused < 600, "%d", refused);
    arena_release(&arena);
}

Test(bots, the_first_that_matches_answers)
{
    struct arena arena = {0};
    struct bots bots = read_bots(&arena, "- {match: {grade: [A, D]}, ack: {}}\n"
                                         "- {ids: [e1], ack: never}\n"
                                         "- {match: {grade: C}, ack: {}}\n");
    struct recipient other = foundry;
    other.id = "e2";
    struct recipient nobody = foundry;
    nobody.id = "e3";
    nobody.grade = GRADE_B;
    cr_assert_eq(bots_answer(&bots, 1, "o", &foundry, 0).acknowledged, INSTANT_NONE);
    cr_assert_neq(bots_answer(&bots, 1, "o", &other, 0).acknowledged, INSTANT_NONE);
    cr_assert_null(bots_answer(&bots, 1, "o", &nobody, 0).bot);
    arena_release(&arena);
}
