/* Allocation helpers. */
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert(file && fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Small pieces, one in a thousand of which stays: the heap's end never comes free by itself. */
static void *litter(void *arg)
{
    enum { PIECES = 64000, SIZE = 1000, KEPT_OF = 1000 };
    static char *pieces[PIECES];
    (void)arg;
    for (int i = 0; i < PIECES; i++)
        memset(pieces[i] = xmalloc(SIZE), 1, SIZE);
    for (int i = 0; i < PIECES; i++)
        if (i % KEPT_OF != KEPT_OF - 1)
            free(pieces[i]);
    return pieces;
}

Test(xalloc, what_a_thread_has_freed_goes_back_to_the_system)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer's allocator keeps what is freed");
#endif
    pthread_t thread;
    void *pieces;
    long before = resident_kib();
    pthread_create(&thread, NULL, litter, NULL);
    pthread_join(thread, &pieces);
    long littered = resident_kib();
    xtrim();
    long trimmed = resident_kib();
    cr_expect_gt(littered - before, 50000, "nothing was there to give back");
    cr_expect_lt(trimmed - before, 10000, "%ld KiB stay", trimmed - before);
    for (int i = 999; i < 64000; i += 1000)
        free(((char **)pieces)[i]);
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
