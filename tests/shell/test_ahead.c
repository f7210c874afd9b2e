/* What the worker goes on with: in order, only when there is enough, and one turn at most before
 * the loop has dealt with the one that ended. */
#include "shell/ahead.h"
#include <criterion/criterion.h>

static struct ahead *ahead;
static struct delivery deliveries[4];

static void make(void)
{
    ahead = ahead_new();
    for (int i = 0; i < 4; i++)
        deliveries[i] = (struct delivery){.count = 10};
}

static void away(void)
{
    ahead_free(ahead);
}

TestSuite(ahead, .init = make, .fini = away);

static struct turn turn_of(struct delivery *delivery)
{
    return (struct turn){.deliveries = delivery};
}

Test(ahead, nothing_to_go_on_with)
{
    struct turn turn = turn_of(&deliveries[0]), ended;
    cr_expect_not(ahead_go_on(ahead, &turn, 0));
    cr_expect_eq(turn.deliveries, &deliveries[0]);
    cr_expect_not(ahead_ended(ahead, &ended));
    cr_expect_null(ahead_take(ahead));
}

Test(ahead, the_next_turn_has_what_was_put_in_order)
{
    struct turn turn = turn_of(&deliveries[0]), ended;
    deliveries[1].next = &deliveries[2];
    ahead_put(ahead, &deliveries[1]);
    ahead_put(ahead, &deliveries[3]);
    cr_expect_eq(ahead_facts(ahead), 30);
    cr_assert(ahead_go_on(ahead, &turn, 30));
    cr_expect_eq(turn.deliveries, &deliveries[1]);
    cr_expect_eq(deliveries[2].next, &deliveries[3]);
    cr_expect_null(deliveries[3].next);
    cr_assert(ahead_ended(ahead, &ended));
    cr_expect_eq(ended.deliveries, &deliveries[0]);
    cr_expect_eq(ahead_facts(ahead), 0);
}

Test(ahead, too_few_facts_wait_for_others)
{
    struct turn turn = turn_of(&deliveries[0]), ended;
    ahead_put(ahead, &deliveries[1]);
    cr_expect_not(ahead_go_on(ahead, &turn, 11));
    ahead_put(ahead, &deliveries[2]);
    cr_expect(ahead_go_on(ahead, &turn, 11));
    cr_expect(ahead_ended(ahead, &ended));
}

Test(ahead, one_turn_waits_for_the_loop_at_most)
{
    struct turn turn = turn_of(&deliveries[0]), ended;
    ahead_put(ahead, &deliveries[1]);
    cr_assert(ahead_go_on(ahead, &turn, 1));
    ahead_put(ahead, &deliveries[2]);
    cr_expect_not(ahead_go_on(ahead, &turn, 1), "a turn would be forgotten");
    cr_assert(ahead_ended(ahead, &ended));
    cr_expect_eq(ended.deliveries, &deliveries[0]);
    cr_assert(ahead_go_on(ahead, &turn, 1));
    cr_assert(ahead_ended(ahead, &ended));
    cr_expect_eq(ended.deliveries, &deliveries[1]);
    cr_expect_eq(turn.deliveries, &deliveries[2]);
}

Test(ahead, held_until_it_is_taken_back)
{
    struct turn turn = turn_of(&deliveries[0]), ended;
    ahead_put(ahead, &deliveries[1]);
    ahead_hold(ahead);
    cr_expect_not(ahead_go_on(ahead, &turn, 1));
    cr_expect_eq(ahead_take(ahead), &deliveries[1]);
    cr_expect_eq(ahead_facts(ahead), 0);
    ahead_put(ahead, &deliveries[2]);
    cr_expect(ahead_go_on(ahead, &turn, 1));
    cr_expect(ahead_ended(ahead, &ended));
}
