/* The inbox: order, bound, portions. */
#include "shell/inbox.h"
#include <criterion/criterion.h>

TestSuite(inbox);

static int filled;

static void hear(void *arg)
{
    (void)arg;
    filled++;
}

static struct delivery of(size_t count)
{
    return (struct delivery){.count = count};
}

Test(inbox, it_is_full_at_its_bound)
{
    struct inbox inbox;
    struct delivery a = of(3), b = of(3);
    inbox_init(&inbox, 5, hear, NULL);
    inbox_put(&inbox, &a);
    cr_expect(inbox_has_room(&inbox));
    inbox_put(&inbox, &b);
    cr_expect_not(inbox_has_room(&inbox));
    cr_expect_eq(filled, 2);
    inbox_take(&inbox, 3);
    cr_expect(inbox_has_room(&inbox));
}

Test(inbox, deliveries_come_out_whole_and_in_order)
{
    struct inbox inbox;
    struct delivery a = of(2), b = of(2), c = of(2);
    inbox_init(&inbox, 100, NULL, NULL);
    inbox_put(&inbox, &a);
    inbox_put(&inbox, &b);
    inbox_put(&inbox, &c);
    struct delivery *taken = inbox_take(&inbox, 5);
    cr_expect_eq(taken, &a);
    cr_expect_eq(taken->next, &b);
    cr_expect_null(b.next);
    cr_expect_eq(inbox_take(&inbox, 5), &c);
    cr_expect_null(inbox_take(&inbox, 5));
    inbox_put(&inbox, &a);
    cr_expect_eq(inbox_take(&inbox, 5), &a, "it works after it was empty");
}

Test(inbox, a_delivery_larger_than_a_batch_comes_alone)
{
    struct inbox inbox;
    struct delivery a = of(50), b = of(1);
    inbox_init(&inbox, 100, NULL, NULL);
    inbox_put(&inbox, &a);
    inbox_put(&inbox, &b);
    struct delivery *taken = inbox_take(&inbox, 5);
    cr_expect_eq(taken, &a);
    cr_expect_null(a.next);
}

Test(inbox, a_delivery_without_facts_is_answered_too)
{
    struct inbox inbox;
    struct delivery none = of(0), some = of(5);
    inbox_init(&inbox, 100, NULL, NULL);
    inbox_put(&inbox, &none);
    inbox_put(&inbox, &some);
    struct delivery *taken = inbox_take(&inbox, 5);
    cr_expect_eq(taken, &none);
    cr_expect_eq(none.next, &some);
}

Test(inbox, people_are_bounded_by_themselves)
{
    struct inbox inbox;
    struct delivery data = of(5), act = of(1);
    act.by_people = true;
    inbox_init(&inbox, 5, NULL, NULL);
    inbox_put(&inbox, &data);
    cr_expect_not(inbox_has_room(&inbox));
    cr_expect(inbox_has_room_for_people(&inbox));
    inbox_put(&inbox, &act);
    cr_expect_eq(inbox.facts, 5, "an act takes nobody's place");
    inbox.facts_max = 1;
    cr_expect_not(inbox_has_room_for_people(&inbox));
}

Test(inbox, people_can_be_taken_alone_and_the_others_keep_their_places)
{
    struct inbox inbox;
    struct delivery data[3] = {of(1), of(1), of(1)}, acts[2] = {of(1), of(1)}, late = of(1);
    acts[0].by_people = acts[1].by_people = true;
    inbox_init(&inbox, 100, NULL, NULL);
    inbox_put(&inbox, &data[0]);
    inbox_put(&inbox, &acts[0]);
    inbox_put(&inbox, &data[1]);
    inbox_put(&inbox, &acts[1]);
    struct delivery *taken = inbox_take_people(&inbox, 100);
    cr_expect_eq(taken, &acts[0]);
    cr_expect_eq(taken->next, &acts[1]);
    cr_expect_null(acts[1].next);
    cr_expect_eq(inbox.acts, 0);
    inbox_put(&inbox, &data[2]);
    cr_expect_null(inbox_take_people(&inbox, 100));
    taken = inbox_take(&inbox, 100);
    cr_expect_eq(taken, &data[0]);
    cr_expect_eq(taken->next, &data[1]);
    cr_expect_eq(data[1].next, &data[2]);
    cr_expect_null(data[2].next);
    inbox_put(&inbox, &late);
    cr_expect_eq(inbox_take(&inbox, 1), &late, "it works after its last was taken");
}

Test(inbox, what_is_put_back_comes_before_the_rest)
{
    struct inbox inbox;
    struct delivery a = of(2), b = of(3), c = of(1);
    inbox_init(&inbox, 6, NULL, NULL);
    inbox_put(&inbox, &a);
    inbox_put(&inbox, &b);
    struct delivery *taken = inbox_take(&inbox, 5);
    inbox_put(&inbox, &c);
    inbox_put_back(&inbox, taken);
    cr_expect_eq(inbox.facts, 6);
    cr_expect_not(inbox_has_room(&inbox));
    cr_expect_eq(inbox_take(&inbox, 6), &a);
    cr_expect_eq(a.next, &b);
    cr_expect_eq(b.next, &c);
    inbox_put_back(&inbox, &a);
    inbox_put_back(&inbox, NULL);
    taken = inbox_take(&inbox, 6);
    cr_expect_eq(taken, &a, "the end is known when it was empty");
    inbox_put(&inbox, &b);
    cr_expect_eq(inbox_take(&inbox, 6), &b);
}
