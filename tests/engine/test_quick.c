/* Short where functions are answered without Lua; the answer must be Lua's.  Each body is asked
 * twice: as it stands, and behind a call that makes it too long for the short way. */
#include "base/str.h"
#include "engine/program.h"
#include "engine/script_case.h"
#include <criterion/criterion.h>
#include <stdio.h>

/* Whole, broken, negative, at the edge of what floats can count, beyond every integer, unknown. */
static const struct ratio values[] = {
    {0, 1},
    {(wide)168 * MICRO, 1},
    {(wide)168 * MICRO + MICRO / 2, 1},
    {(wide)-3 * MICRO, 1},
    {(wide)-3 * MICRO - 1, 1},
    {(wide)100 * MICRO, 3},
    {(wide)300 * MICRO, 3},
    {((wide)1 << 53) * MICRO, 1},
    {(((wide)1 << 53) + 1) * MICRO, 1},
    {(((wide)1 << 62) + 1) * MICRO, 1},
    {((wide)1 << 90) * MICRO, 1},
    {(wide)7 * MICRO, INT64_MAX / 2},
    {0, 0},
};

static const char *const quick_bodies[] = {
    "return v.value > 168",
    "return v.value >= 168",
    "return v.value < 168.5",
    "return v.value <= 168.5",
    "return 168 < v.value",
    "return 168.5 >= v.value",
    "return v.value == 168",
    "return v.value ~= 168.5",
    "return 100 == v.value",
    "return v.value > 100000 or v.value < -100000",
    "return v.value > 9007199254740992 and v.value >= 9007199254740993",
    "return v.value == 9007199254740992.0",
    "return v.value == 9007199254740993",
    "return v.value > 1e300",
    "return v.value < 1e999",
    "return v.value > 10 and v.value < 200",
    "return not (v.value > 10 and v.value < 200)",
    "return v.value > 10 and v.value < 33.4 or v.value == 168",
    "local x = v.value if x > 100 then return true end",
    ("local x = v.value if x > 100 then return false elseif x < 0 then return true else return nil "
     "end"),
    "local x = v.value local big = x > 100 return big and x",
    "local x, y = v.value, 3 return x > y",
    "local a = v.value > 3 local b = v.value < 300 return a == b",
    "return v.value",
    "return v",
    "return v == v",
    "return v.value and true",
    "local x <const> = 'value' return v[x] > 3",
    "return nil",
    "return true, 3",
    "return",
    "return v.value > true",
    "return v > 3",
    "local x = v if x then return x.value > 3 end",
};
static const char *const other_bodies[] = {
    "return v.value + 1 > 169",  "return v.valeu > 3",  "return v.value > '3'",
    "return v.value == 'x'",     "return v.hour == 12", "return v.value == nil",
    "return v.value.deeper > 3", "return #v == 0",      "return -v",
};

struct asked {
    int err;
    bool answer;
    char failure[700];
};

static struct script_case with(const char *before, const char *body)
{
    char text[1000];
    snprintf(text, sizeof text,
             "return watch \"w\" { per = stations {}, when = { observed = \"pm25\", where = "
             "function(v)\n  %s%s\nend } }",
             before, body);
    return script_case_new(text);
}

static int number_of(const struct script_case *script_case)
{
    return script_case_rule(script_case)->levels[0].when->where;
}

static struct asked ask(struct script_case *script_case, struct ratio ratio)
{
    struct where_value value = {.subject = "s1", .series = "pm25", .time = 1447041600000};
    struct asked asked = {0};
    const char *failure = "";
    value.value = ratio;
    asked.err = script_where_value(script_case->program, number_of(script_case), &value,
                                   &asked.answer, &failure);
    snprintf(asked.failure, sizeof asked.failure, "%s", failure);
    return asked;
}

static bool is_quick(const struct script_case *script_case)
{
    const struct program *program = script_case->program;
    size_t number = (size_t)number_of(script_case);
    return number < program->function_count && program->functions[number].quick;
}

static void expect_same(const char *body, bool quick)
{
    struct script_case plain = with("", body), slow = with("local _ = tostring(1) ", body);
    cr_expect(is_quick(&plain) == quick, "%s", body);
    cr_expect(!is_quick(&slow), "%s", body);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct asked one = ask(&plain, values[i]), two = ask(&slow, values[i]);
        cr_expect(one.err == two.err && one.answer == two.answer, "%s, value %zu", body, i);
        cr_expect_str_eq(one.failure, two.failure, "%s, value %zu", body, i);
    }
    script_case_release(&plain);
    script_case_release(&slow);
}

Test(quick, answers_as_lua_does)
{
    for (size_t i = 0; i < sizeof quick_bodies / sizeof *quick_bodies; i++)
        expect_same(quick_bodies[i], true);
}

Test(quick, leaves_the_rest_to_lua)
{
    for (size_t i = 0; i < sizeof other_bodies / sizeof *other_bodies; i++)
        expect_same(other_bodies[i], false);
}

/* A function of no argument has no view in its first slot. */
Test(quick, needs_an_argument)
{
    struct script_case script_case =
        script_case_new("return watch \"w\" { per = stations {}, when = { observed = \"pm25\", "
                        "where = function() local x = 3 return x > 2 end } }");
    struct asked asked = ask(&script_case, values[0]);
    cr_expect(!is_quick(&script_case));
    cr_expect(asked.err == 0 && asked.answer, "%s", asked.failure);
    script_case_release(&script_case);
}

/* Random comparisons joined at random, over random values; the seed is fixed. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void random_body(uint32_t *seed, char *ret, size_t size)
{
    static const char *const signs[] = {">", ">=", "<", "<=", "==", "~="};
    static const char *const words[] = {"and", "or", "and not", "or not"};
    size_t used = (size_t)snprintf(ret, size, "local x = v.value return ");
    for (uint32_t left = 1 + next(seed) % 4; left > 0; left--) {
        const char *join = left > 1 ? words[next(seed) % 4] : "";
        used += (size_t)snprintf(ret + used, size - used, "(%s %s %d%s) %s ",
                                 next(seed) % 2 ? "x" : "v.value", signs[next(seed) % 6],
                                 (int)(next(seed) % 400) - 100, next(seed) % 2 ? ".5" : "", join);
    }
}

Test(quick, random_functions_answer_as_lua_does)
{
    uint32_t seed = 7;
    for (int round = 0; round < 150; round++) {
        char body[400];
        random_body(&seed, body, sizeof body);
        struct script_case plain = with("", body), slow = with("local _ = tostring(1) ", body);
        for (int i = 0; i < 40; i++) {
            struct ratio ratio = {(wide)((int)(next(&seed) % 800) - 200) * (MICRO / 2),
                                  1 + next(&seed) % 2};
            cr_expect(ask(&plain, ratio).answer == ask(&slow, ratio).answer, "%s", body);
        }
        cr_expect(is_quick(&plain), "%s", body);
        script_case_release(&plain);
        script_case_release(&slow);
    }
}
