/* The box: budgets are per call and sticky, memory has a ceiling, nothing is left behind. */
#include "base/str.h"
#include "engine/codes.h"
#include "engine/sandbox.h"
#include "engine/words.h"
#include <criterion/criterion.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static const struct sandbox_limits small = {
    .memory = 2 << 20,
    .string = 4096,
    .call_steps = 10000,
    .call_bytes = 100000,
    .load_steps = 100000,
    .load_bytes = 4 << 20,
};

/* Compiles the text and leaves its function on the stack. */
static void compile(struct sandbox *box, const char *text)
{
    int file = sandbox_file(box, "test.lua", false);
    cr_assert(sandbox_compile(box, file, text, strlen(text)) == 0, "%s",
              sandbox_failure(box)->message);
}

/* Runs the text; true when it ended well. */
static bool run(struct sandbox *box, const char *text)
{
    compile(box, text);
    return sandbox_call(box, BUDGET_CALL, 0, 0) == 0;
}

Test(sandbox, a_failure_names_the_authors_file_and_line)
{
    struct sandbox *box = sandbox_new(&small);
    cr_expect(!run(box, "local x\n\nreturn x.y"));
    const struct sandbox_failure *failure = sandbox_failure(box);
    cr_expect_str_eq(failure->code, L_FAILED);
    cr_expect_str_eq(failure->place.file, "test.lua");
    cr_expect(failure->place.line == 3);
    cr_expect_str_eq(failure->message, "attempt to index a nil value (local 'x')");
    sandbox_free(box);
}

Test(sandbox, an_error_without_a_place_gets_one)
{
    static const char *const errors[] = {"error('x', 0)", "error({})", "error()",
                                         "assert(false, {})",
                                         "local s = 'x' while true do s = s .. s end"};
    struct sandbox *box = sandbox_new(&small);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char text[200];
        snprintf(text, sizeof text, "\n%s", errors[i]);
        cr_expect(!run(box, text));
        cr_expect(sandbox_failure(box)->place.line == 2, "%s", errors[i]);
    }
    sandbox_free(box);
}

/* OISF/suricata#10801: a budget that ran over from call to call stopped honest scripts after hours.
 */
Test(sandbox, the_budget_is_per_call)
{
    struct sandbox *box = sandbox_new(&small);
    lua_State *L = sandbox_state(box);
    compile(box, "local n = 0 for i = 1, 2000 do n = n + 1 end local t = {} for i = 1, 100 do t[i] "
                 "= {} end");
    for (int i = 0; i < 1000; i++) {
        lua_pushvalue(L, -1);
        cr_assert(sandbox_call(box, BUDGET_CALL, 0, 0) == 0, "call %d: %s", i,
                  sandbox_failure(box)->message);
    }
    sandbox_free(box);
}

Test(sandbox, steps_are_bounded)
{
    struct sandbox *box = sandbox_new(&small);
    cr_expect(!run(box, "while true do end"));
    cr_expect_str_eq(sandbox_failure(box)->code, L_STEPS);
    cr_expect(run(box, "return 1"), "the next call is as good as new");
    sandbox_free(box);
}

/* Bytes count whether they are kept or not, so that the collector's mood decides nothing. */
Test(sandbox, bytes_are_bounded_also_as_garbage)
{
    struct sandbox *box = sandbox_new(&small);
    cr_expect(!run(box, "for i = 1, 1000 do local t = { {}, {}, {}, {} } end"));
    cr_expect_str_eq(sandbox_failure(box)->code, L_MEMORY);
    cr_expect(run(box, "for i = 1, 100 do local t = {} end"));
    sandbox_free(box);
}

Test(sandbox, memory_has_a_ceiling)
{
    struct sandbox_limits limits = small;
    limits.call_bytes = limits.load_bytes = INT64_MAX / 2;
    limits.call_steps = 100000000;
    struct sandbox *box = sandbox_new(&limits);
    cr_expect(!run(box, "local t = {} while true do t[#t + 1] = { #t } end"));
    cr_expect_str_eq(sandbox_failure(box)->code, L_MEMORY);
    cr_expect(sandbox_memory(box) <= limits.memory);
    cr_expect(run(box, "return {}"), "what was freed can be used again");
    sandbox_free(box);
}

/* redis/redis#8661: a loop of pcall swallowed the kill.  The box has no pcall; a host function that
 * calls back and swallows errors shows that a spent budget stays spent all the same. */
static int swallow(lua_State *L)
{
    for (int i = 0; i < 5; i++) {
        lua_pushvalue(L, 1);
        lua_pcall(L, 0, 0, 0);
    }
    return 0;
}

Test(sandbox, a_spent_budget_cannot_be_swallowed)
{
    struct sandbox *box = sandbox_new(&small);
    lua_pushcfunction(sandbox_state(box), swallow);
    sandbox_add_word(box, "swallow");
    cr_expect(!run(box, "while true do swallow(function() while true do end end) end"));
    cr_expect_str_eq(sandbox_failure(box)->code, L_STEPS);
    sandbox_free(box);
}

/* haproxy/haproxy#2903: C functions ran outside the budget. */
Test(sandbox, loops_in_c_are_charged)
{
    static const char *const loops[] = {
        "('x'):rep(4000):find('.-.-.-b')",
        "for i = 1, 100 do ('x'):rep(4000) end",
        "table.move({ 1 }, 1, 1e9, 2)",
        "table.concat({}, '', 1, 1e9)",
        "local t = {} for i = 1, 500 do table.insert(t, 1, i) end",
        "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t) table.sort(t) table.sort(t)",
        "for i = 1, 50 do utf8.len(('x'):rep(4000)) end",
        "local t = {} for i = 1, 500 do t[i] = i end for k in pairs(t) do end",
        "for i = 1, 100 do ('%.9f'):format(i) end",
    };
    struct sandbox *box = sandbox_new(&small);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        cr_expect(!run(box, loops[i]), "%s", loops[i]);
        cr_expect_str_eq(sandbox_failure(box)->code, L_STEPS, "%s: %s", loops[i],
                         sandbox_failure(box)->message);
    }
    sandbox_free(box);
}

/* What is in the box, to the last word: anything new must be added here on purpose. */
Test(sandbox, the_library_is_an_allow_list)
{
    static const char *const words[] = {"assert",   "error",    "ipairs", "math",
                                        "pairs",    "select",   "string", "table",
                                        "tonumber", "tostring", "type",   "utf8"};
    struct sandbox *box = sandbox_new(&small);
    size_t count;
    const char *const *known = sandbox_words(box, &count);
    cr_assert(count == sizeof words / sizeof *words);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(known[i], words[i]);
    sandbox_free(box);
}

Test(sandbox, shared_tables_are_read_only)
{
    static const char *const writes[] = {"LEAK = 1",
                                         "string.upper = nil",
                                         "('x').upper = nil",
                                         "table.concat = 1",
                                         "_ENV.tostring = 1",
                                         "table.insert(string, 1)",
                                         "table.move({ 1 }, 1, 1, 1, math)"};
    struct sandbox *box = sandbox_new(&small);
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
        cr_expect(!run(box, writes[i]), "%s", writes[i]);
    cr_expect(run(box, "assert(('x'):upper() == 'X' and table.concat { 1 } == '1')"));
    sandbox_free(box);
}

/* widelands/widelands#4816: the order of pairs changed a replay.  Lua seeds its hashes anew in each
 * state. */
Test(sandbox, pairs_has_one_order_in_every_state)
{
    static const char text[] =
        "local t = {} for i = 1, 60 do t['k' .. i * 7919 % 1000] = i t[i * 31] = i end\n"
        "local out = '' for k in pairs(t) do out = out .. k .. ' ' end return out";
    char first[4000] = "";
    for (int i = 0; i < 8; i++) {
        struct sandbox *box = sandbox_new(&sandbox_limits_default);
        compile(box, text);
        cr_assert(sandbox_call(box, BUDGET_CALL, 0, 1) == 0);
        const char *out = lua_tostring(sandbox_state(box), -1);
        if (i == 0)
            snprintf(first, sizeof first, "%s", out);
        cr_expect_str_eq(out, first);
        sandbox_free(box);
    }
    cr_expect(strstr(first, "1860 k10") != NULL, "numbers, then texts: %s", first);
}

Test(sandbox, the_same_call_takes_the_same_steps)
{
    int64_t steps[2];
    for (int i = 0; i < 2; i++) {
        struct sandbox_limits limits = small;
        int64_t low = 1, high = 100000; /* the least budget that is enough */
        while (low < high) {
            limits.call_steps = (low + high) / 2;
            struct sandbox *box = sandbox_new(&limits);
            bool enough =
                run(box, "local t = {} for i = 1, 200 do t[i] = ('x'):rep(i % 7):find('x-$') end");
            sandbox_free(box);
            if (enough)
                high = limits.call_steps;
            else
                low = limits.call_steps + 1;
        }
        steps[i] = low;
    }
    cr_expect(steps[0] == steps[1] && steps[0] > 1000);
}

Test(sandbox, only_text_is_compiled)
{
    struct sandbox *box = sandbox_new(&small);
    int file = sandbox_file(box, "test.lua", false);
    cr_expect(sandbox_compile(box, file, "\x1bLua", 4) < 0);
    cr_expect_str_eq(sandbox_failure(box)->code, L_SOURCE);
    cr_expect(sandbox_compile(box, file, "\xef\xbb\xbfreturn 1", 11) == 0, "a BOM is passed over");
    cr_expect(sandbox_compile(box, file, "x = '\xff'", 7) < 0);
    cr_expect(sandbox_failure(box)->place.line == 1);
    sandbox_free(box);
}
