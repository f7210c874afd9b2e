/* Allocation helpers. */
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

Test(xalloc, growing_keeps_what_was_there)
{
    int *items = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 10000; i++) {
        void *memory = items;
        xgrow(&memory, i, &capacity, sizeof *items);
        items = memory;
        items[i] = (int)i;
    }
    for (int i = 0; i < 10000; i++)
        cr_assert_eq(items[i], i);
    cr_expect_lt(capacity, 20000);
    free(items);
}

Test(xalloc, nothing_is_something)
{
    void *none = xmalloc(0), *zeroed = xcalloc(0, 8);
    cr_expect_not_null(none);
    cr_expect_not_null(zeroed);
    none = xrealloc(none, 0);
    cr_expect_not_null(none);
    free(none);
    free(zeroed);
}

Test(xalloc, text_is_copied)
{
    char *whole = xstrdup("沈阳"), *part = xstrndup("abcdef", 3),
         *printed = xasprintf("%d%s", 4, "2");
    cr_expect_str_eq(whole, "沈阳");
    cr_expect_str_eq(part, "abc");
    cr_expect_str_eq(printed, "42");
    free(whole);
    free(part);
    free(printed);
}

#if !defined(__SANITIZE_ADDRESS__)
/* A sanitizer reports the absurd size itself, and ends the process its own way. */
Test(xalloc, out_of_memory_ends_the_process, .exit_code = 71)
{
    volatile size_t absurd = SIZE_MAX / 2;
    free(xmalloc(absurd));
}
#endif
