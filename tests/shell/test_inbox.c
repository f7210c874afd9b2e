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
