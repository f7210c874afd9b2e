/* Text: UTF-8, widths, near misses, full-width habits, interning. */
#include "base/str.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(str, equality_takes_null)
{
    cr_expect(str_equal(NULL, NULL));
    cr_expect(str_equal("a", "a"));
    cr_expect_not(str_equal("a", NULL));
    cr_expect_not(str_equal(NULL, ""));
    cr_expect(str_starts("scripts/x.lua", "scripts/"));
    cr_expect_not(str_starts("s", "scripts/"));
    cr_expect(str_ends("x.lua", ".lua"));
    cr_expect_not(str_ends("lua", ".lua"));
}

Test(str, bad_utf8_is_found_where_it_begins)
{
    static const struct {
        const char *text;
        size_t bad; /* SIZE_MAX: none */
    } cases[] = {
        {"", SIZE_MAX},
        {"plain ascii, long enough for words", SIZE_MAX},
        {"沈阳 PM2.5 🙂", SIZE_MAX},
        {"\xf4\x8f\xbf\xbf", SIZE_MAX},         /* U+10FFFF */
        {"\xed\x9f\xbf\xee\x80\x80", SIZE_MAX}, /* around the surrogates */
        {"ab\x80", 2},                          /* continuation alone */
        {"\xc0\x80", 0},                        /* overlong NUL */
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0}, /* overlong */
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xed\xa0\x80", 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"12345678\xe6\xb2", 8}, /* cut short */
        {"沈\xe6", 3},
        {"\xc9\xf2\xd1\xf4", 0}, /* 沈阳 in GBK */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].text);
        size_t expected = cases[i].bad == SIZE_MAX ? size : cases[i].bad;
        cr_expect_eq(str_utf8_bad(cases[i].text, size), expected, "case %zu", i);
    }
}

Test(str, a_sequence_cut_off_by_the_size_is_bad)
{
    cr_expect_eq(str_utf8_bad("沈", 2), 0);
    cr_expect_eq(str_utf8_bad("沈", 3), 3);
    cr_expect_eq(str_utf8_bad("a\0b", 3), 3, "NUL is valid UTF-8");
}

Test(str, characters_and_columns_differ)
{
    const char *text = "沈阳AB";
    cr_expect_eq(str_chars(text, strlen(text)), 4);
    cr_expect_eq(str_columns(text), 6);
    cr_expect_eq(str_columns("e\xcc\x81"), 1, "a combining accent takes no column");
    cr_expect_eq(str_columns(""), 0);
    cr_expect_geq(str_columns("\xff\xff"), 0);
}

Test(str, full_width_forms_become_ascii)
{
    static const struct {
        const char *text, *half;
    } cases[] = {
        {"１２：３０", "12:30"}, {"ｌｅｖｅｌ", "level"},
        {"a　b", "a b"},         {"“x”‘y’", "\"x\"'y'"},
        {"3、5。", "3,5."},      {"（沈阳）", "(沈阳)"},
        {"plain", "plain"},      {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *half = str_halfwidth(cases[i].text);
        cr_expect_str_eq(half, cases[i].half);
        cr_expect_eq(str_has_fullwidth(cases[i].text), strcmp(half, cases[i].text) != 0);
        free(half);
    }
    cr_expect_not(str_has_fullwidth("沈阳"));
}

Test(str, the_nearest_word_is_found)
{
    static const char *const known[] = {"yellow", "orange", "red", "lasting", "pm25", "重污染天气"};
    const size_t count = sizeof known / sizeof *known;
    cr_expect_str_eq(str_nearest("yelow", known, count), "yellow");
    cr_expect_str_eq(str_nearest("oragne", known, count), "orange");
    cr_expect_str_eq(str_nearest("PM25", known, count), "pm25");
    cr_expect_str_eq(str_nearest("rad", known, count), "red");
    cr_expect_str_eq(str_nearest("重污柒天气", known, count), "重污染天气");
    cr_expect_null(str_nearest("blue", known, count));
    cr_expect_null(str_nearest("", known, count));
    cr_expect_null(str_nearest("xy", known, count));
    cr_expect_null(str_nearest("yellow", NULL, 0));
}

Test(str, the_first_of_equally_near_words_is_taken)
{
    static const char *const known[] = {"lane", "lame"};
    cr_expect_str_eq(str_nearest("late", known, 2), "lane");
}

Test(str, words_too_long_to_compare_have_no_nearest)
{
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = 0;
    const char *known[] = {word};
    cr_expect_null(str_nearest(word, known, 1));
    cr_expect_null(str_nearest("aaa", known, 1));
}

Test(str, words_are_joined)
{
    static const char *const words[] = {"a", "b", "c"};
    char *joined = str_join(words, 3, ", ");
    cr_expect_str_eq(joined, "a, b, c");
    free(joined);
    joined = str_join(NULL, 0, ", ");
    cr_expect_str_eq(joined, "");
    free(joined);
}

Test(str, interned_names_are_numbered_in_order)
{
    struct intern intern = {0};
    cr_expect_eq(intern_find(&intern, "x"), INTERN_NONE);
    char name[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "name%d", i);
        cr_assert_eq(intern_add(&intern, name), i);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "name%d", i);
        cr_assert_eq(intern_add(&intern, name), i);
        cr_assert_eq(intern_find(&intern, name), i);
        cr_assert_str_eq(intern_name(&intern, i), name);
    }
    cr_expect_eq(intern_find(&intern, "nobody"), INTERN_NONE);
    cr_expect_null(intern_name(&intern, INTERN_NONE));
    cr_expect_null(intern_name(&intern, 5000));
    cr_expect_eq(intern.count, 5000);
    intern_release(&intern);
    cr_expect_eq(intern_add(&intern, "again"), 0, "released is empty");
    intern_release(&intern);
}
