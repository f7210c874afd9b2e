/* YAML scalars as figures, spans and dates: what is taken, what is refused, and the hint. */
#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct findings findings;

static void forget(void)
{
    findings_release(&findings);
    arena_release(&arena);
}

TestSuite(yaml_value, .fini = forget);

/* The value of `v: text`, afresh. */
static const struct yaml *value(const char *text)
{
    forget();
    char *document = arena_printf(&arena, "v: %s\n", text);
    return yaml_get(yaml_read(&arena, "p.yaml", document, strlen(document), &findings), "v");
}

static void expect_code(const char *text, const char *code, const char *hint)
{
    cr_assert_eq(findings.errors, 1, "%s: %zu errors", text, findings.errors);
    const struct finding *last = &findings.items[findings.count - 1];
    cr_expect_str_eq(last->code, code, "%s: %s", text, last->code);
    cr_expect(last->line == 1 && last->col == (*text ? 4 : 3), "%s: col %d", text, last->col);
    if (hint)
        cr_expect(last->hint && strcmp(last->hint, hint) == 0, "%s: hint %s", text, last->hint);
}

struct refusal {
    const char *text, *code, *hint;
};

Test(yaml_value, figures_are_taken)
{
    micro figure;
    cr_expect(yaml_micro(value("0.05"), &figure, &findings));
    cr_expect_eq(figure, 50000);
    cr_expect(yaml_micro(value("-1.5e2"), &figure, &findings));
    cr_expect_eq(figure, -150 * MICRO);
    cr_expect(yaml_micro(value("0"), &figure, &findings));
    cr_expect(yaml_micro(value("-0.5"), &figure, &findings));
    cr_expect_eq(findings.count, 0);
}

Test(yaml_value, figures_are_refused_with_a_hint)
{
    static const struct refusal cases[] = {
        {"\"5\"", "Y013", "remove the quotes"},
        {"010", "Y011", "write 10 for the number; put a code such as “010” in quotes"},
        {"-00", "Y011", "write -0 for the number; put a code such as “-00” in quotes"},
        {"00.5", "Y011", "write 0.5 for the number; put a code such as “00.5” in quotes"},
        {"12:30", "Y012", NULL},
        {"1:30:00", "Y012", NULL},
        {"1,000", "Y013", "1000"},
        {"1_000", "Y013", "1000"},
        {"168 μg/m3", "Y013", "168"},
        {"10%", "Y013", "10"},
        {"0x1F", "Y013", NULL},
        {".inf", "Y013", NULL},
        {"yellow", "Y013", NULL},
        {"", "Y013", NULL},
        {"~", "Y013", NULL},
        {"[1]", "Y013", NULL},
        {"2000000000", "Y014", NULL},
        {"１０", "Y009", "10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        micro kept = 7;
        cr_expect_not(yaml_micro(value(cases[i].text), &kept, &findings), "%s", cases[i].text);
        cr_expect_eq(kept, 7);
        expect_code(cases[i].text, cases[i].code, cases[i].hint);
    }
}

Test(yaml_value, integers_stay_in_their_range)
{
    int64_t number = 7;
    cr_expect(yaml_int(value("40"), 1, 40, &number, &findings));
    cr_expect_eq(number, 40);
    cr_expect(yaml_int(value("-9223372036854775808"), INT64_MIN, INT64_MAX, &number, &findings));
    cr_expect_eq(number, INT64_MIN);
    static const struct refusal cases[] = {
        {"41", "Y014", NULL},      {"0", "Y014", NULL},   {"9223372036854775808", "Y014", NULL},
        {"1.5", "Y013", NULL},     {"1e1", "Y013", NULL}, {"07", "Y011", NULL},
        {"12:30", "Y012", NULL},   {"'7'", "Y013", NULL}, {"7 h", "Y013", "7"},
        {"１，２", "Y009", "1,2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_not(yaml_int(value(cases[i].text), 1, 40, &number, &findings), "%s",
                      cases[i].text);
        expect_code(cases[i].text, cases[i].code, cases[i].hint);
    }
}

Test(yaml_value, only_true_and_false_are_truths)
{
    bool truth = false;
    cr_expect(yaml_bool(value("true"), &truth, &findings) && truth);
    cr_expect(yaml_bool(value("false"), &truth, &findings) && !truth);
    static const struct refusal cases[] = {{"yes", "Y010", NULL},
                                           {"True", "Y010", "write true or false"},
                                           {"'true'", "Y010", "remove the quotes"},
                                           {"1", "Y010", NULL},
                                           {"", "Y010", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_not(yaml_bool(value(cases[i].text), &truth, &findings), "%s", cases[i].text);
        expect_code(cases[i].text, cases[i].code, cases[i].hint);
        cr_expect_eq(findings.count, 1, "%s: the warning became the error", cases[i].text);
        cr_expect_eq(findings.warnings, 0);
    }
}

Test(yaml_value, spans_may_be_quoted_and_need_a_unit)
{
    span_ms span;
    cr_expect(yaml_span(value("48h"), &span, &findings));
    cr_expect(yaml_span(value("\"30m\""), &span, &findings));
    cr_expect_eq(span, 30 * MINUTE_MS);
    static const struct refusal cases[] = {
        {"48", "Y015", "48h"},     {"48 小时", "Y015", "48h"},
        {"30分钟", "Y015", "30m"}, {"2 days", "Y015", "2d"},
        {"3 h", "Y015", "3h"},     {"10min", "Y015", "10m"},
        {"-3h", "Y015", NULL},     {"soon", "Y015", "for example 48h, 30m, 2d"},
        {"99999d", "Y014", NULL},  {"", "Y015", NULL},
        {"[48h]", "Y015", NULL},   {"４８ｈ", "Y009", "48h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_not(yaml_span(value(cases[i].text), &span, &findings), "%s", cases[i].text);
        expect_code(cases[i].text, cases[i].code, cases[i].hint);
    }
}

Test(yaml_value, dates_are_written_one_way)
{
    int64_t day;
    cr_expect(yaml_date(value("2015-11-08"), &day, &findings));
    cr_expect_eq(day, days_of_date(2015, 11, 8));
    cr_expect(yaml_date(value("'2015-11-08'"), &day, &findings));
    static const struct refusal cases[] = {
        {"2015/11/8", "Y016", "2015-11-08"},    {"2015年11月8日", "Y016", "2015-11-08"},
        {"20151108", "Y016", "2015-11-08"},     {"2015-11-8", "Y016", "2015-11-08"},
        {"2015-02-30", "Y016", NULL},           {"tomorrow", "Y016", "for example 2015-11-08"},
        {"2015－11－08", "Y009", "2015-11-08"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_not(yaml_date(value(cases[i].text), &day, &findings), "%s", cases[i].text);
        expect_code(cases[i].text, cases[i].code, cases[i].hint);
    }
}

Test(yaml_value, instants_are_taken_in_the_zone)
{
    instant_ms instant;
    cr_expect(yaml_instant(value("2015-11-08T00:00"), 8 * HOUR_MS, &instant, &findings));
    cr_expect_eq(instant, INT64_C(1446912000000));
    cr_expect(yaml_instant(value("2015-11-07T16:00:00Z"), 8 * HOUR_MS, &instant, &findings));
    cr_expect_eq(instant, INT64_C(1446912000000));
    cr_expect_not(yaml_instant(value("2015-11-08T25:00"), 0, &instant, &findings));
    expect_code("25:00", "Y016", NULL);
}

Test(yaml_value, a_missing_node_is_a_missing_value)
{
    micro figure;
    cr_expect_not(yaml_micro(NULL, &figure, &findings));
    cr_expect_eq(findings.errors, 1);
}
