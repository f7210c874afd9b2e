/* The tables as people write them: every slip is named where it stands. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/yaml.h"
#include "model/aqi.h"
#include <criterion/criterion.h>
#include <string.h>

static const char sound[] =
    "hours_min: {day: 20, ozone_8h: 6}\n"
    "standards:\n"
    "  - name: OLD\n"
    "    number: HJ 1\n"
    "    valid_from: 2012-01-01\n"
    "    valid_to: 2020-01-01\n"
    "    missing_forbids: false\n"
    "    missing_above: 100\n"
    "    primary_above: 50\n"
    "    index: [0, 50, 100, 500]\n"
    "    daily: &\n"
    "    hourly: &\n"
    "    levels: [{up_to: 50, name: 优, colour: g}, {up_to: 500, name: 差, colour: r}]\n";
static const char columns[] =
    "{pm25: {breaks: [0, 35, 75, 500]}, pm10: {breaks: [0, 50, 150, 600]}, "
    "so2: {breaks: [0, 50, 150, 2620]}, no2: {breaks: [0, 40, 80, 940]}, "
    "co: {breaks: [0, 2, 4, 60], places: 1}, o3: {breaks: [0, 100, 160], above: none}}";

/* The sound text with `from` replaced by `to`, once. */
static char *with(const char *from, const char *to)
{
    struct buf text = {0}, changed = {0};
    for (const char *at = sound; *at; at++) {
        if (*at == '&')
            buf_puts(&text, columns);
        else
            buf_putc(&text, *at);
    }
    const char *found = from ? strstr(text.data, from) : NULL;
    cr_assert(!from || found, "%s", from);
    if (from) {
        buf_add(&changed, text.data, (size_t)(found - text.data));
        buf_puts(&changed, to);
        buf_puts(&changed, found + strlen(from));
    } else {
        buf_puts(&changed, text.data);
    }
    buf_release(&text);
    return buf_detach(&changed);
}

static const struct slip {
    const char *from, *to, *code;
    int line;
} slips[] = {
    {"[0, 35, 75, 500]", "[0, 35, 35, 500]", "A001", 11},
    {"[0, 50, 100, 500]", "[0, 50, 100.5, 500]", "A002", 10},
    {"[0, 35, 75, 500]", "[0, 35, 500]", "A003", 11},
    {"[0, 35, 75, 500]", "[0, 35, 75, 400, 500]", "A003", 11},
    {"above: none", "above: 50", "A004", 11},
    {"up_to: 500", "up_to: 400", "A005", 13},
    {"up_to: 500", "up_to: 50", "A001", 13},
    {"2020-01-01", "2011-01-01", "A006", 6},
    {"breaks: [0, 35", "braeks: [0, 35", "S001", 11},
    {"missing_forbids: false", "missing_forbids: no", "S007", 7},
    {"day: 20", "day: 25", "S006", 1},
    {"hours_min:", "hours_mni:", "S001", 1},
    {"[0, 35, 75, 500]", "[0, 35, 75µg, 500]", "S005", 11},
    {"    number: HJ 1\n", "", "S002", 3},
};

Test(aqi_read, every_slip_is_named_where_it_stands)
{
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct arena arena = {0};
        struct findings findings = {0};
        struct aqi_standards standards = {0};
        char *text = with(slips[i].from, slips[i].to);
        struct yaml *root = yaml_read(&arena, "aqi.yaml", text, strlen(text), &findings);
        cr_assert_not_null(root);
        size_t before = findings.count;
        int err = aqi_standards_read(&arena, root, &standards, &findings);
        cr_expect_lt(err, 0, "%s", slips[i].to);
        cr_assert_gt(findings.count, before, "%s", slips[i].to);
        cr_expect_str_eq(findings.items[before].code, slips[i].code, "%s: %s", slips[i].to,
                         findings.items[before].message);
        cr_expect_eq(findings.items[before].line, slips[i].line, "%s: line %d", slips[i].to,
                     findings.items[before].line);
        findings_release(&findings);
        arena_release(&arena);
        free(text);
    }
}

Test(aqi_read, what_is_sound_is_read)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct aqi_standards standards = {0};
    char *text = with(NULL, NULL);
    struct yaml *root = yaml_read(&arena, "aqi.yaml", text, strlen(text), &findings);
    cr_assert_eq(aqi_standards_read(&arena, root, &standards, &findings), 0);
    cr_expect_eq(standards.count, 1);
    cr_expect_eq(standards.items[0].column[AQI_DAILY][O3].above, AQI_UNKNOWN);
    cr_expect_eq(standards.items[0].column[AQI_DAILY][CO].places, 1);
    cr_expect_eq(standards.items[0].column[AQI_DAILY][PM25].above, 500);
    findings_release(&findings);
    arena_release(&arena);
    free(text);
}

Test(aqi_read, editions_may_not_overlap)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct aqi_standards standards = {0};
    char *one = with(NULL, NULL), *two = with("2020-01-01", "2021-01-01");
    struct buf text = {0};
    buf_puts(&text, one);
    buf_puts(&text, strstr(two, "  - name"));
    struct yaml *root = yaml_read(&arena, "aqi.yaml", text.data, text.size, &findings);
    cr_expect_lt(aqi_standards_read(&arena, root, &standards, &findings), 0);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, "A007");
    cr_expect_eq(findings.items[0].line, 14);
    findings_release(&findings);
    arena_release(&arena);
    buf_release(&text);
    free(one);
    free(two);
}
