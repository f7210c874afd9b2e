/* Arenas. */
#include "base/arena.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(arena, memory_is_zeroed_and_aligned)
{
    struct arena arena = {0};
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *memory = arena_alloc(&arena, size);
        cr_assert_eq((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(memory[i], 0);
        memset(memory, 0xff, size);
    }
    arena_release(&arena);
}

Test(arena, a_reset_gives_zeroed_memory_again)
{
    struct arena arena = {0};
    arena_reset(&arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            unsigned char *memory = arena_alloc(&arena, 5000);
            cr_assert_eq(memory[0] | memory[4999], 0);
            memset(memory, 0xff, 5000);
        }
        arena_reset(&arena);
    }
    arena_release(&arena);
    arena_release(&arena);
}

Test(arena, a_big_piece_fits)
{
    struct arena arena = {0};
    char *big = arena_alloc(&arena, 5 << 20);
    big[(5 << 20) - 1] = 1;
    char *small = arena_strdup(&arena, "small");
    cr_expect_str_eq(small, "small");
    arena_release(&arena);
}

Test(arena, text_is_copied)
{
    struct arena arena = {0};
    cr_expect_str_eq(arena_strdup(&arena, "沈阳"), "沈阳");
    cr_expect_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
    cr_expect_str_eq(arena_strndup(&arena, "ab", 30), "ab");
    cr_expect_str_eq(arena_printf(&arena, "%s/%d", "x", 42), "x/42");
    arena_release(&arena);
}
