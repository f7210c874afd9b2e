/* The short words of a scenario: moments, ranges, runs of values. */
#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "shell/shorthand.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct yaml *value_of(struct arena *arena, const char *text)
{
    struct findings findings = {0};
    char *map = arena_printf(arena, "v: %s\n", text);
    return yaml_get(yaml_read(arena, "t.yaml", map, strlen(map), &findings), "v");
}

Test(shorthand, moments)
{
    const struct {
        const char *text;
        span_ms offset;
        bool from_inject;
        int err;
    } cases[] = {
        {"T", 0, false, 0},
        {"T+0", 0, false, 0},
        {"T+9h", 9 * (span_ms)HOUR_MS, false, 0},
        {"T+1d2h30m", 26 * (span_ms)HOUR_MS + 30 * MINUTE_MS, false, 0},
        {"T-24h", -24 * (span_ms)HOUR_MS, false, 0},
        {"+30m", 30 * MINUTE_MS, true, 0},
        {"9h", 0, false, ERR_SYNTAX},
        {"T9h", 0, false, ERR_SYNTAX},
        {"-30m", 0, false, ERR_SYNTAX},
        {"T+9", 0, false, ERR_INVALID},
        {"", 0, false, ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct moment moment = {0};
        int err = moment_parse(cases[i].text, &moment);
        cr_assert_eq(err < 0, cases[i].err < 0, "%s", cases[i].text);
        if (err < 0)
            continue;
        cr_assert_eq(moment.offset, cases[i].offset, "%s", cases[i].text);
        cr_assert_eq(moment.from_inject, cases[i].from_inject, "%s", cases[i].text);
    }
}

Test(shorthand, ranges)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct span_range range;
    cr_assert(span_range_read(value_of(&arena, "8m"), "delay", &range, &findings));
    cr_assert(range.low == 8 * MINUTE_MS && range.high == range.low);
    cr_assert(span_range_read(value_of(&arena, "2m .. 1h30m"), "delay", &range, &findings));
    cr_assert(range.low == 2 * MINUTE_MS && range.high == 90 * MINUTE_MS);
    cr_assert_not(span_range_read(value_of(&arena, "1h..2m"), "delay", &range, &findings));
    cr_assert_eq(findings.errors, 1);
    findings_release(&findings);
    arena_release(&arena);
}

/* "120 ?" as it is read: v for a value in micro, ? unknown, _ silent, with its flag. */
static void check_run(const char *text, size_t count, const char *first_three)
{
    struct arena arena = {0};
    struct findings findings = {0};
    size_t got = 0;
    struct run_value *values = run_values_read(value_of(&arena, text), "pm25", &got, &findings);
    cr_assert(values, "%s", text);
    cr_assert_eq(got, count, "%s: %zu", text, got);
    char shown[200] = "";
    for (size_t i = 0; i < got && i < 3; i++) {
        char one[60];
        if (values[i].silent)
            strcpy(one, "_");
        else if (values[i].value == MICRO_NONE)
            strcpy(one, "?");
        else
            snprintf(one, sizeof one, "%lld", (long long)values[i].value);
        snprintf(shown + strlen(shown), sizeof shown - strlen(shown), "%s%s%c", i ? " " : "", one,
                 values[i].flag ? values[i].flag : '.');
    }
    cr_assert_str_eq(shown, first_three, "%s", text);
    free(values);
    findings_release(&findings);
    arena_release(&arena);
}

Test(shorthand, runs_of_values)
{
    check_run("120", 1, "120000000.");
    check_run("120x10 180x14 _x3", 27, "120000000. 120000000. 120000000.");
    check_run("_ ? 35/F", 3, "_. ?. 35000000F");
    check_run("10..20x3", 3, "10000000. 15000000. 20000000.");
    check_run("20..10x3", 3, "20000000. 15000000. 10000000.");
    check_run("0.5/Dx2", 2, "500000D 500000D");
    check_run("[120, null, 90x2]", 4, "120000000. ?. 90000000.");
}

Test(shorthand, a_ramp_meets_its_end_exactly)
{
    struct arena arena = {0};
    struct findings findings = {0};
    size_t count;
    struct run_value *values =
        run_values_read(value_of(&arena, "1..2x8"), "pm25", &count, &findings);
    cr_assert_eq(count, 8);
    cr_assert_eq(values[7].value, 2 * MICRO);
    cr_assert_eq(values[0].value, MICRO);
    free(values);
    arena_release(&arena);
}

Test(shorthand, what_cannot_be_read_is_told)
{
    static const char *const texts[] = {"12a",     "120x0", "120x",     "10..20", "x3",
                                        "120x1e9", "1/2",   "1/NN",     "{a: 1}", "\"\"",
                                        "120xx2",  "..x3",  "1..2..3x3"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct findings findings = {0};
        size_t count;
        cr_assert_null(run_values_read(value_of(&arena, texts[i]), "pm25", &count, &findings), "%s",
                       texts[i]);
        cr_assert_eq(findings.errors, 1, "%s", texts[i]);
        cr_assert_eq(findings.items[0].line, 1);
        findings_release(&findings);
        arena_release(&arena);
    }
}
