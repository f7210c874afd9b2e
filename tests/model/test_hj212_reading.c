/* Values: kinds, flags wherever they stand, codes of three editions, times and figures. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/hj212_case.h"
#include "model/hj212_reading.h"
#include <criterion/criterion.h>
#include <string.h>

enum { ZONE = 8 * HOUR_MS };

/* "a21026 Avg 24 N|…" of a CP under this command, or "none". */
static void read_cp(struct arena *arena, const char *command, const char *cp, struct buf *out,
                    struct hj212_reading *ret)
{
    struct hj212_letter letter = {.cn = hj212_text_of(command), .flag = 5};
    struct hj212_packet packet;
    struct hj212_problem problem;
    struct buf text = {0};
    cr_assert_eq(hj212_print(&text, &letter, cp, strlen(cp)), 0);
    char *kept = arena_strndup(arena, text.data, text.size);
    cr_assert_eq(hj212_parse(arena, HJ212_STRICT, kept, text.size, &packet, &problem), 0, "%s",
                 hj212_fault_word(problem.fault));
    buf_release(&text);
    if (hj212_reading_read(arena, &packet, ZONE, ret) < 0) {
        buf_puts(out, "none");
        return;
    }
    for (uint32_t i = 0; i < ret->item_count; i++) {
        const struct hj212_item *item = &ret->items[i];
        buf_printf(out, "%s%.*s %s %.*s %.*s", i > 0 ? "|" : "", (int)item->code.size,
                   item->code.at, hj212_kind_word(item->kind), (int)item->value.size,
                   item->value.at, (int)item->flag.size, item->flag.size ? item->flag.at : "");
    }
}

static void expect_values(const char *command, const char *cp, const char *wanted)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct hj212_reading reading;
    read_cp(&arena, command, cp, &out, &reading);
    cr_expect_str_eq(buf_str(&out), wanted, "%s", cp);
    buf_release(&out);
    arena_release(&arena);
}

Test(hj212_reading, values_and_their_flags)
{
    expect_values("2061",
                  "DataTime=20261124010000;a34004-Avg=168,a34004-Flag=N;"
                  "a21002-ZsAvg=48.10,a21002-Avg=31,a21002-Flag=D",
                  "a34004 Avg 168 N|a21002 ZsAvg 48.10 D|a21002 Avg 31 D");
    expect_values("2011",
                  "w01018-SampleTime=20160801070000,w01018-Rtd=2.2,w01018-Flag=N,"
                  "w01018-EFlag=A01",
                  "w01018 Rtd 2.2 N");
    /* The flag before its value, between two, and without one. */
    expect_values("2051", "a1-Flag=F,a1-Min=1,a1-Max=2", "a1 Min 1 F|a1 Max 2 F");
    expect_values("2051", "a1-Min=1,a1-Flag=F,a1-Max=2", "a1 Min 1 F|a1 Max 2 F");
    expect_values("2051", "a1-Cou=1;a2-Avg=2,a2-Flag=N", "a1 Cou 1 |a2 Avg 2 N");
    /* Several codes in one group, each with its own. */
    expect_values("2011", "a1-Rtd=1,a2-Rtd=2,a2-Flag=D,a1-Flag=N", "a1 Rtd 1 N|a2 Rtd 2 D");
}

Test(hj212_reading, habits_of_loggers)
{
    /* A code split over two groups, its flag in the second. */
    expect_values("2051", "a01001-Avg=1,a01001-Max=2;a01001-Min=0,a01001-Flag=N",
                  "a01001 Avg 1 |a01001 Max 2 |a01001 Min 0 N");
    expect_values("2051", "a01001-Avg=1;a01001-Flag=N", "a01001 Avg 1 N");
    /* A flag that stands alone. */
    expect_values("2051", "DataTime=20250131202809;a34001-Avg=92;Flag=N", "a34001 Avg 92 N");
    expect_values("2051", "a1-Avg=1,a1-Flag=D;Flag=N", "a1 Avg 1 D");
    expect_values("2051", "Flag=N;a1-Avg=1", "a1 Avg 1 ");
}

Test(hj212_reading, codes_of_three_editions)
{
    expect_values("2011", "B01-Rtd=36.91;011-Rtd=231.0,011-Flag=N;02-Rtd=5",
                  "B01 Rtd 36.91 |011 Rtd 231.0 N|02 Rtd 5 ");
    expect_values("2021", "DataTime=20261124021530;SB1-RS=1;SB2-RS=0", "SB1 RS 1 |SB2 RS 0 ");
    expect_values("2041", "SB1-RT=1.1", "SB1 RT 1.1 ");
    expect_values("2011", "d20405-Rtd=0.24,d20405-Flag=N;p99101-Rtd=St",
                  "d20405 Rtd 0.24 N|p99101 Rtd St ");
    expect_values("2031", "L10-Data=52.5,L10-DayData=55,L10-NightData=45",
                  "L10 Data 52.5 |L10 DayData 55 |L10 NightData 45 ");
    expect_values("3020", "DataTime=20261124010000;PolId=w01018;i11001-Info=//x-y//",
                  "i11001 Info //x-y// ");
    expect_values("2011", "a1-ValidNum=10,a-b-Rtd=1,-Rtd=2,LA=3,x-=4",
                  "a1-ValidNum  10 |a-b Rtd 1 |-Rtd  2 |LA  3 |x-  4 ");
    expect_values("9014", "a1-Rtd=1", "none");
    expect_values("2061", "", "");
}

Test(hj212_reading, periods_and_times)
{
    static const struct {
        const char *command;
        span_ms period;
        bool moment;
    } cases[] = {{"2011", 0, true},       {"2021", 0, true},        {"3020", 0, true},
                 {"2051", 0, false},      {"2061", HOUR_MS, false}, {"2031", DAY_MS, false},
                 {"2041", DAY_MS, false}, {"2062", HOUR_MS, false}, {"2111", 5 * MINUTE_MS, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        struct buf out = {0};
        struct hj212_reading reading;
        read_cp(&arena, cases[i].command, "DataTime=20261124010000;PolId=w1", &out, &reading);
        cr_expect_eq(reading.period, cases[i].period, "%s", cases[i].command);
        cr_expect_eq(reading.moment, cases[i].moment, "%s", cases[i].command);
        cr_expect_eq(reading.at, 1795453200000, "%s", cases[i].command);
        buf_release(&out);
        arena_release(&arena);
    }
}

Test(hj212_reading, times)
{
    static const struct {
        const char *text;
        int err;
        instant_ms at;
    } cases[] = {{"20261124010000", 0, 1795453200000}, {"20261124010000123", 0, 1795453200123},
                 {"20261123235960", 0, 1795449600000}, /* the leap second of a bad clock */
                 {"20261123240000", 0, 1795449600000}, {"20240229000000", 0, 1709136000000},
                 {"20260229000000", ERR_INVALID, 0},   {"20261324010000", ERR_INVALID, 0},
                 {"20261124240001", ERR_INVALID, 0},   {"20261124250000", ERR_INVALID, 0},
                 {"20261124016000", ERR_INVALID, 0},   {"20261124010061", ERR_INVALID, 0},
                 {"20261100010000", ERR_INVALID, 0},   {"2026112401", ERR_SYNTAX, 0},
                 {"2026112401000x", ERR_SYNTAX, 0},    {"", ERR_SYNTAX, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instant_ms at = 0;
        cr_expect_eq(hj212_time_read(hj212_text_of(cases[i].text), ZONE, &at), cases[i].err, "%s",
                     cases[i].text);
        cr_expect_eq(at, cases[i].at, "%s: %lld", cases[i].text, (long long)at);
    }
}

Test(hj212_reading, figures)
{
    static const struct {
        const char *text;
        int err;
        micro value;
    } cases[] = {{"24", 0, 24000000},
                 {"0", 0, 0},
                 {"2.69700", 0, 2697000},
                 {"-0.041", 0, -41000},
                 {"1.", 0, 1000000},
                 {".5", 0, 500000},
                 {"-.5", 0, -500000},
                 {"1.2e3", 0, 1200000000},
                 {"0000000000000000000012.5", 0, 12500000},
                 {"3.1415926535", 0, 3141593},
                 {"0.0000005", 0, 0},
                 {"0.00000051", 0, 1},
                 {"1000000000", 0, MICRO_MAX},
                 {"1000000001", ERR_LIMIT, 7},
                 {"999999999999999", ERR_LIMIT, 7},
                 {"123456789012345678901234567890", ERR_LIMIT, 7},
                 {"", ERR_SYNTAX, 7},
                 {"-", ERR_SYNTAX, 7},
                 {".", ERR_SYNTAX, 7},
                 {"-.", ERR_SYNTAX, 7},
                 {"1.2.3", ERR_SYNTAX, 7},
                 {"St", ERR_SYNTAX, 7},
                 {"1 ", ERR_SYNTAX, 7},
                 {"--1", ERR_SYNTAX, 7},
                 {"0x10", ERR_SYNTAX, 7},
                 {"NaN", ERR_SYNTAX, 7},
                 {"12a", ERR_SYNTAX, 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        micro value = 7;
        cr_expect_eq(hj212_figure_read(hj212_text_of(cases[i].text), &value), cases[i].err, "%s",
                     cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s: %lld", cases[i].text, (long long)value);
    }
}
