/* The matcher against the Lua manual, as a table: subject, pattern, and what is found. */
#include "base/buf.h"
#include "base/err.h"
#include "engine/pattern.h"
#include <criterion/criterion.h>
#include <string.h>

/* "from-to" (from 1, like string.find), then each capture; "none", "malformed" or "spent". */
static const struct {
    const char *subject, *pattern, *found;
} cases[] = {
    {"hello world", "o w", "5-7"},
    {"hello", "l+", "3-4"},
    {"hello", "l-o", "3-5"},
    {"hello", "xl*", "none"},
    {"hello", "x?l", "3-3"},
    {"hello", "", "1-0"},
    {"", ".", "none"},
    {"", "^$", "1-0"},
    {"a.b", "%.", "2-2"},
    {"a1b22", "%d+", "2-2"},
    {"a1b22", "%d+$", "4-5"},
    {"abc", "b$", "none"},
    {"a$c", "$c", "2-3"},
    {"a^b", "a^b", "1-3"},
    {"key = value", "(%w+)%s*=%s*(%w+)", "1-11 key value"},
    {"hello", "()ll()", "3-4 @3 @5"},
    {"hello", "(h(e)l)", "1-3 hel e"},
    {"THE (quick) fox", "%((%a+)%)", "5-11 quick"},
    {"THE (quick) fox", "%f[%a]%a+%f[%A]", "1-3"},
    {"x = f(a(b)c) + 1", "%b()", "6-12"},
    {"((", "%b()", "none"},
    {"say 'it' now", "(['\"])(.-)%1", "5-8 ' it"},
    {"abab", "(ab)%1", "1-4 ab"},
    {"[x]", "[]]", "3-3"},
    {"a-b", "[a%-]+", "1-2"},
    {"a-z", "[-z]+", "2-3"},
    {"2026-01-14", "^(%d%d%d%d)-(%d%d)-(%d%d)$", "1-10 2026 01 14"},
    {"tab\there", "%c", "4-4"},
    {"A1!", "[^%w]", "3-3"},
    {"deadBEEF9g", "%x+", "1-9"},
    {"abc", "[a-c]+", "1-3"},
    {"abc", "[^a-b]", "3-3"},
    {"重污染", "污", "4-6"},
    {"aaa", "a-", "1-0"},
    {"aaa", "^a-$", "1-3"},
    {"aaab", "a*b", "1-4"},
    {"abc", "(", "malformed"},
    {"abc", ")", "malformed"},
    {"abc", "[a", "malformed"},
    {"abc", "a%", "malformed"},
    {"abc", "%f", "malformed"},
    {"abc", "%b(", "malformed"},
    {"abc", "%1", "malformed"},
    {"abc", "(a%1)", "malformed"},
    {"abc", "(a", "malformed"},
};

static int run(struct pattern *pattern, struct pattern_match *match, const char *subject,
               const char *text, int64_t steps)
{
    bool anchored = text[0] == '^';
    *pattern = (struct pattern){.text = text + anchored,
                                .size = strlen(text) - anchored,
                                .subject = subject,
                                .subject_size = strlen(subject),
                                .anchored = anchored,
                                .steps_left = steps};
    return pattern_find(pattern, 0, match);
}

static void describe(struct buf *out, int found, const char *subject,
                     const struct pattern_match *match)
{
    if (found <= 0) {
        buf_puts(out, found == 0 ? "none" : found == ERR_SYNTAX ? "malformed" : "spent");
        return;
    }
    buf_printf(out, "%zu-%zu", match->start + 1, match->end);
    for (int i = 0; i < match->count; i++) {
        const struct pattern_capture *capture = &match->captures[i];
        if (capture->size == PATTERN_POSITION)
            buf_printf(out, " @%zu", capture->start + 1);
        else
            buf_printf(out, " %.*s", (int)capture->size, subject + capture->start);
    }
}

Test(pattern, finds_what_the_manual_says)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pattern pattern;
        struct pattern_match match;
        struct buf out = {0};
        int found = run(&pattern, &match, cases[i].subject, cases[i].pattern, 100000);
        describe(&out, found, cases[i].subject, &match);
        cr_expect_str_eq(buf_str(&out), cases[i].found, "'%s' in '%s': %s", cases[i].pattern,
                         cases[i].subject, buf_str(&out));
        cr_expect(found != ERR_SYNTAX || pattern.error);
        buf_release(&out);
    }
}

Test(pattern, ends_when_the_steps_are_spent)
{
    static const char *const dear[] = {".-.-.-b", ".*.*.*b", "(.-)%1%1b", "%f[b].-%f[b].-b"};
    char subject[801];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = 0;
    for (size_t i = 0; i < sizeof dear / sizeof *dear; i++) {
        struct pattern pattern;
        struct pattern_match match;
        int found = run(&pattern, &match, subject, dear[i], 20000);
        cr_expect(found == ERR_LIMIT || found == 0, "%s", dear[i]);
        cr_expect(pattern.steps_left >= -2000, "%s took %ld too many", dear[i],
                  (long)-pattern.steps_left);
    }
}

Test(pattern, counts_the_same_each_time)
{
    struct pattern first, second;
    struct pattern_match match;
    run(&first, &match, "key = value; other = thing", "(%w+)%s*=%s*(%w+)$", 100000);
    run(&second, &match, "key = value; other = thing", "(%w+)%s*=%s*(%w+)$", 100000);
    cr_expect(first.steps_left == second.steps_left && first.steps_left < 100000);
}

Test(pattern, knows_plain_text)
{
    cr_expect(pattern_is_plain("abc,;:", 6));
    cr_expect(!pattern_is_plain("a.b", 3));
    cr_expect(pattern_is_plain("", 0));
}
