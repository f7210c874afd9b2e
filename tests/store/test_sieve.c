/* The sieve: nothing that was put in is ever called absent, and little else is called present. */
#include "store/sieve.h"
#include <criterion/criterion.h>

static struct sieve *sieve;

static void make(void)
{
    sieve = sieve_new();
}

static void away(void)
{
    sieve_free(sieve);
}

TestSuite(sieve, .init = make, .fini = away);

/* All different, in no order. */
static uint64_t hash_of(uint64_t number)
{
    number *= 0x9e3779b97f4a7c15u;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    return number ^ number >> 31;
}

Test(sieve, an_empty_one_holds_nothing)
{
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_not(sieve_holds(sieve, hash_of(i)));
}

Test(sieve, holds_all_that_was_put_in_and_little_else)
{
    enum { COUNT = 1000000 };
    int lost = 0, wrong = 0;
    for (uint64_t i = 0; i < COUNT; i++)
        sieve_put(sieve, hash_of(i));
    for (uint64_t i = 0; i < COUNT; i++)
        lost += !sieve_holds(sieve, hash_of(i));
    for (uint64_t i = COUNT; i < 2 * COUNT; i++)
        wrong += sieve_holds(sieve, hash_of(i));
    cr_expect_eq(lost, 0);
    cr_expect_lt(wrong, COUNT / 1000, "%d of %d", wrong, COUNT);
    cr_expect_not(sieve_is_worn(sieve));
}

/* Whatever a hash looks like: all of its bits may be at either end. */
Test(sieve, odd_hashes_are_held_too)
{
    const uint64_t odd[] = {0, 1, UINT64_MAX, 1ull << 63, (1ull << 63) - 1, 0xffffffff};
    for (int i = 0; i < 6; i++) {
        sieve_put(sieve, odd[i]);
        cr_expect(sieve_holds(sieve, odd[i]));
    }
}

Test(sieve, wears_out)
{
    for (uint64_t i = 0; !sieve_is_worn(sieve) && i < 1ull << 30; i++)
        sieve_put(sieve, i << 40);
    cr_expect(sieve_is_worn(sieve));
    cr_expect(sieve_holds(sieve, 5ull << 40));
}
