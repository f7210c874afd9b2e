/* Putting away, once. */
#include "base/arena.h"
#include "base/shelf.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct shelf shelf;

static void open_shelf(void)
{
    shelf_init(&shelf, &arena);
}

static void close_shelf(void)
{
    shelf_release(&shelf);
    arena_release(&arena);
}

TestSuite(shelf, .init = open_shelf, .fini = close_shelf);

Test(shelf, equal_bytes_stand_at_one_place)
{
    int64_t one[2] = {1, 2}, again[2] = {1, 2}, other[2] = {1, 3};
    const void *place = shelf_put(&shelf, one, sizeof one);
    cr_expect_eq(shelf_put(&shelf, again, sizeof again), place);
    cr_expect_neq(shelf_put(&shelf, other, sizeof other), place);
    cr_expect_neq(shelf_put(&shelf, one, sizeof *one), place);
    one[0] = 9; /* a copy was put away */
    cr_expect_eq(memcmp(place, again, sizeof again), 0);
    cr_expect_null(shelf_put(&shelf, one, 0));
}

Test(shelf, a_thing_is_aligned_also_when_a_text_has_its_bytes)
{
    for (int i = 0; i < 300; i++) {
        char text[9];
        snprintf(text, sizeof text, "text%04d", i % 100);
        const char *kept = shelf_text(&shelf, text, 8);
        const char *thing = shelf_put(&shelf, text, 9); /* the same bytes, its NUL included */
        cr_expect_str_eq(kept, text);
        cr_expect_str_eq(thing, text);
        cr_expect_eq((uintptr_t)thing % 8, 0);
    }
}

/* More than the shelf remembers, and things too big for its room. */
Test(shelf, what_was_put_away_stays_whatever_comes_later)
{
    enum { COUNT = 40000 };
    static const char *kept[COUNT];
    static char big[100000];
    char text[32];
    for (int i = 0; i < COUNT; i++) {
        int size = snprintf(text, sizeof text, "%d of many", i);
        kept[i] = shelf_text(&shelf, text, (size_t)size);
        if (i % 5000 == 0) {
            memset(big, 'a' + i / 5000, sizeof big - 1);
            cr_expect_str_eq(shelf_text(&shelf, big, sizeof big - 1), big);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "%d of many", i);
        cr_assert_str_eq(kept[i], text);
    }
    const char *last = shelf_text(&shelf, text, strlen(text));
    cr_expect_eq(last, kept[COUNT - 1], "what came lately is remembered");
}
