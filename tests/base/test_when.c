/* Dates, spans, seasons. */
#include "base/buf.h"
#include "base/err.h"
#include "base/when.h"
#include <criterion/criterion.h>

enum { CHINA = 8 * HOUR_MS };

static instant_ms at(const char *text)
{
    instant_ms instant;
    cr_assert_eq(instant_parse(text, CHINA, &instant), 0, "%s", text);
    return instant;
}

typedef void printer(struct buf *buf, instant_ms instant, span_ms zone);

static void expect_print(printer *print, instant_ms instant, span_ms zone, const char *expected)
{
    struct buf buf = {0};
    print(&buf, instant, zone);
    cr_expect_str_eq(buf_str(&buf), expected);
    buf_release(&buf);
}

Test(when, every_day_of_the_years_1970_to_2100_goes_round)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = 0;
    for (int year = 1970; year <= 2100; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 1; month <= 12; month++) {
            for (int d = 1; d <= days[month - 1] + (leap && month == 2); d++, day++) {
                struct civil civil = civil_of(day * DAY_MS, 0);
                cr_assert_eq(days_of_date(year, month, d), day);
                cr_assert(civil.year == year && civil.month == month && civil.day == d);
                cr_assert_eq(civil.weekday, (day + 3) % 7 + 1);
            }
        }
    }
    cr_expect_eq(day, days_of_date(2101, 1, 1));
}

Test(when, instants_before_the_epoch_round_down)
{
    struct civil civil = civil_of(-1, 0);
    cr_expect(civil.year == 1969 && civil.month == 12 && civil.day == 31);
    cr_expect(civil.hour == 23 && civil.millisecond == 999 && civil.weekday == 3);
    cr_expect_eq(instant_of(&civil, 0), -1);
    cr_expect_eq(civil_day(-1, 0), -1);
    cr_expect_eq(step_start(-1, HOUR_MS, 0), -HOUR_MS);
}

Test(when, civil_and_back_is_the_same_instant)
{
    for (instant_ms instant = -3 * (instant_ms)DAY_MS; instant < (instant_ms)4000 * DAY_MS;
         instant += 7654321) {
        struct civil civil = civil_of(instant, CHINA);
        cr_assert_eq(instant_of(&civil, CHINA), instant);
    }
}

Test(when, a_day_belongs_to_its_zone)
{
    instant_ms midnight = at("2015-11-08");
    cr_expect_eq(midnight, INT64_C(1446912000000));
    cr_expect_eq(civil_day(midnight, CHINA), days_of_date(2015, 11, 8));
    cr_expect_eq(civil_day(midnight - 1, CHINA), days_of_date(2015, 11, 7));
    cr_expect_eq(step_start(midnight + 5 * HOUR_MS + 1, DAY_MS, CHINA), midnight);
    cr_expect_eq(step_start(midnight + 5 * HOUR_MS + 1, HOUR_MS, CHINA), midnight + 5 * HOUR_MS);
}

Test(when, instants_are_read_in_every_form)
{
    instant_ms noon = at("2015-11-08") + 12 * HOUR_MS;
    static const char *const forms[] = {
        "2015-11-08T12:00",          "2015-11-08 12:00",          "2015-11-08T12:00:00",
        "2015-11-08T12:00:00.000",   "2015-11-08T12:00:00+08:00", "2015-11-08T04:00:00Z",
        "2015-11-07T23:00:00-05:00", "2015-11-08T12:00+08:00",    "2015-11-08 04:00z",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        cr_expect_eq(at(forms[i]), noon, "%s", forms[i]);
    cr_expect_eq(at("2015-11-08T12:00:00.5"), noon + 500);
    cr_expect_eq(at("2015-11-08T12:00:00.123456789"), noon + 123);
}

Test(when, hour_24_is_the_end_of_its_day)
{
    cr_expect_eq(at("2015-11-08T24:00"), at("2015-11-09"));
    cr_expect_eq(at("2015-12-31 24:00:00"), at("2016-01-01"));
    instant_ms ignored;
    cr_expect_eq(instant_parse("2015-11-08T24:01", CHINA, &ignored), ERR_INVALID);
    cr_expect_eq(instant_parse("2015-11-08T24:00:00.001", CHINA, &ignored), ERR_INVALID);
}

Test(when, impossible_and_malformed_instants_are_told_apart)
{
    static const char *const impossible[] = {
        "2015-02-29",
        "2100-02-29",
        "2015-13-01",
        "2015-00-01",
        "2015-04-31",
        "2015-11-00",
        "2015-11-08T25:00",
        "2015-11-08T12:60",
        "2015-11-08T12:00:60",
        "2015-11-08T12:00+24:00",
        "2015-11-08T12:00+08:60",
    };
    static const char *const malformed[] = {
        "",
        "2015",
        "2015-11",
        "2015-11-8",
        "15-11-08",
        "2015/11/08",
        "2015-11-08T",
        "2015-11-08T12",
        "2015-11-08T12:0",
        "2015-11-08T12:00:",
        "2015-11-08Z",
        "2015-11-08T12:00:00.",
        "2015-11-08T12:00+8",
        "2015-11-08T12:00 +08:00",
        " 2015-11-08",
        "2015-11-08 ",
        "2015-11-08T12:00Zx",
        "2015-11-08t12:00",
    };
    instant_ms kept = 7;
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
        cr_expect_eq(instant_parse(impossible[i], CHINA, &kept), ERR_INVALID, "%s", impossible[i]);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        cr_expect_eq(instant_parse(malformed[i], CHINA, &kept), ERR_SYNTAX, "%s", malformed[i]);
    cr_expect_eq(kept, 7, "a failure leaves the result alone");
}

Test(when, leap_days_exist_in_leap_years_only)
{
    int64_t day;
    cr_expect_eq(date_parse("2016-02-29", &day), 0);
    cr_expect_eq(date_parse("2000-02-29", &day), 0);
    cr_expect_eq(date_parse("2015-02-29", &day), ERR_INVALID);
    cr_expect_eq(date_parse("2100-02-29", &day), ERR_INVALID);
    cr_expect_eq(date_parse("2016-02-29T00:00", &day), ERR_SYNTAX);
}

Test(when, rfc3339_wants_seconds_and_an_offset)
{
    instant_ms instant;
    cr_expect_eq(instant_parse_rfc3339("2015-11-08T00:00:00+08:00", &instant), 0);
    cr_expect_eq(instant, at("2015-11-08"));
    cr_expect_eq(instant_parse_rfc3339("2015-11-07t16:00:00.25z", &instant), 0);
    cr_expect_eq(instant, at("2015-11-08") + 250);
    cr_expect_eq(instant_parse_rfc3339("2015-11-08T00:00:00", &instant), ERR_SYNTAX);
    cr_expect_eq(instant_parse_rfc3339("2015-11-08T00:00Z", &instant), ERR_SYNTAX);
    cr_expect_eq(instant_parse_rfc3339("2015-11-08 00:00:00Z", &instant), ERR_SYNTAX);
    cr_expect_eq(instant_parse_rfc3339("2015-11-08T24:00:00Z", &instant), ERR_INVALID);
}

Test(when, a_leap_second_ends_a_utc_day_or_does_not_exist)
{
    instant_ms instant, next;
    cr_expect_eq(instant_parse_rfc3339("1990-12-31T23:59:60Z", &instant), 0);
    cr_expect_eq(instant_parse_rfc3339("1991-01-01T00:00:00Z", &next), 0);
    cr_expect_eq(instant, next);
    cr_expect_eq(instant_parse_rfc3339("1990-12-31T15:59:60-08:00", &instant), 0);
    cr_expect_eq(instant_parse_rfc3339("1990-12-31T22:59:60Z", &instant), ERR_INVALID);
    cr_expect_eq(instant_parse_rfc3339("1990-12-31T24:59:60Z", &instant), ERR_INVALID);
}

Test(when, zones_have_fixed_offsets)
{
    span_ms zone;
    cr_expect_eq(zone_parse("Asia/Shanghai", &zone), 0);
    cr_expect_eq(zone, CHINA);
    cr_expect_eq(zone_parse("UTC", &zone), 0);
    cr_expect_eq(zone, 0);
    cr_expect_eq(zone_parse("-03:30", &zone), 0);
    cr_expect_eq(zone, -3 * HOUR_MS - 30 * MINUTE_MS);
    cr_expect_eq(zone_parse("Europe/Berlin", &zone), ERR_INVALID, "it has a summer time");
    cr_expect_eq(zone_parse("+15:00", &zone), ERR_INVALID);
    cr_expect_eq(zone_parse("+08:00 ", &zone), ERR_INVALID);
    cr_expect_eq(zone_parse("", &zone), ERR_INVALID);
}

Test(when, spans_are_read)
{
    static const struct {
        const char *text;
        span_ms span;
    } cases[] = {
        {"90s", 90 * SECOND_MS},
        {"30m", 30 * MINUTE_MS},
        {"36h", 36 * (span_ms)HOUR_MS},
        {"2d", 2 * (span_ms)DAY_MS},
        {"1w", 7 * (span_ms)DAY_MS},
        {"3h59m", 3 * HOUR_MS + 59 * MINUTE_MS},
        {"1w2d3h4m5s6ms", 9 * (span_ms)DAY_MS + 3 * HOUR_MS + 4 * MINUTE_MS + 5006},
        {"250ms", 250},
        {"0s", 0},
        {"PT1H", HOUR_MS},
        {"P1D", DAY_MS},
        {"PT30M", 30 * MINUTE_MS},
        {"P1DT12H", DAY_MS + 12 * HOUR_MS},
        {"P2W", 14 * (span_ms)DAY_MS},
        {"3653d", 3653 * (span_ms)DAY_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        span_ms span = -1;
        cr_expect_eq(span_parse(cases[i].text, &span), 0, "%s", cases[i].text);
        cr_expect_eq(span, cases[i].span, "%s", cases[i].text);
    }
}

Test(when, bad_spans_are_refused)
{
    static const char *const malformed[] = {"",     "h",      "48 h", "1.5h", "5m3h", "1h1h",
                                            "48x",  "48小时", "P",    "PT",   "P1M",  "P1Y",
                                            "PT1D", "P1H",    "PT5",  "1h ",  "10min"};
    span_ms span = 7;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        cr_expect_eq(span_parse(malformed[i], &span), ERR_SYNTAX, "%s", malformed[i]);
    cr_expect_eq(span_parse("48", &span), ERR_INVALID, "a unit is always written");
    cr_expect_eq(span_parse("3h59", &span), ERR_INVALID);
    cr_expect_eq(span_parse("-3h", &span), ERR_INVALID);
    cr_expect_eq(span_parse("3654d", &span), ERR_LIMIT);
    cr_expect_eq(span_parse("99999999999999999999w", &span), ERR_LIMIT);
    cr_expect_eq(span, 7);
}

Test(when, spans_are_printed_in_the_largest_unit_that_divides)
{
    static const struct {
        span_ms span;
        const char *text;
    } cases[] = {{0, "0s"},
                 {48 * (span_ms)HOUR_MS, "48h"},
                 {90 * MINUTE_MS, "90m"},
                 {45 * SECOND_MS, "45s"},
                 {1500, "1500ms"},
                 {14 * (span_ms)DAY_MS, "336h"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf = {0};
        span_ms back;
        span_print(&buf, cases[i].span);
        cr_expect_str_eq(buf_str(&buf), cases[i].text);
        cr_expect_eq(span_parse(buf_str(&buf), &back), 0);
        cr_expect_eq(back, cases[i].span);
        buf_release(&buf);
    }
}

Test(when, instants_are_printed)
{
    instant_ms instant = at("2015-11-08T16:00");
    expect_print(instant_print, instant, CHINA, "2015-11-08T16:00:00+08:00");
    expect_print(instant_print, instant + 7, CHINA, "2015-11-08T16:00:00.007+08:00");
    expect_print(instant_print, instant, 0, "2015-11-08T08:00:00+00:00");
    expect_print(instant_print, instant, -90 * MINUTE_MS, "2015-11-08T06:30:00-01:30");
    expect_print(instant_print_short, instant, CHINA, "2015-11-08T16:00");
    expect_print(instant_print_short, at("2015-11-08"), CHINA, "2015-11-08");
    expect_print(instant_print_minute, at("2015-11-08"), CHINA, "2015-11-08T00:00");
    expect_print(instant_print_chinese, instant, CHINA, "2015年11月8日16时");
    expect_print(instant_print_chinese, instant + 30 * MINUTE_MS, CHINA, "2015年11月8日16时30分");
}

Test(when, seasons_have_both_their_ends)
{
    struct season season;
    cr_assert_eq(season_parse("05-01 .. 09-30", &season), 0);
    cr_expect_not(season_has(&season, at("2015-04-30T23:59"), CHINA));
    cr_expect(season_has(&season, at("2015-05-01"), CHINA));
    cr_expect(season_has(&season, at("2015-09-30T23:59:59.999"), CHINA));
    cr_expect_not(season_has(&season, at("2015-10-01"), CHINA));
}

Test(when, a_season_may_run_over_new_year)
{
    struct season season;
    cr_assert_eq(season_parse("11-01..03-31", &season), 0);
    cr_expect(season_has(&season, at("2015-11-01"), CHINA));
    cr_expect(season_has(&season, at("2015-12-31T23:59"), CHINA));
    cr_expect(season_has(&season, at("2016-01-01"), CHINA));
    cr_expect(season_has(&season, at("2016-02-29"), CHINA));
    cr_expect(season_has(&season, at("2016-03-31T23:00"), CHINA));
    cr_expect_not(season_has(&season, at("2016-04-01"), CHINA));
    cr_expect_not(season_has(&season, at("2015-10-31T23:59"), CHINA));
}

Test(when, bad_seasons_are_refused)
{
    struct season season;
    cr_expect_eq(season_parse("12-01 .. 02-29", &season), 0);
    cr_expect_eq(season_parse("02-30 .. 03-01", &season), ERR_INVALID);
    cr_expect_eq(season_parse("05-01 .. 13-01", &season), ERR_INVALID);
    cr_expect_eq(season_parse("05-01 - 09-30", &season), ERR_SYNTAX);
    cr_expect_eq(season_parse("5-1 .. 9-30", &season), ERR_SYNTAX);
    cr_expect_eq(season_parse("05-01 .. 09-30 ", &season), ERR_SYNTAX);
}

Test(when, hours_are_minutes_of_the_day)
{
    struct hours hours;
    cr_assert_eq(hours_parse("09:00 .. 18:30", &hours), 0);
    cr_expect(hours.from_minute == 540 && hours.to_minute == 1110);
    cr_assert_eq(hours_parse("20:00 .. 07:00", &hours), 0);
    cr_expect(hours.from_minute == 1200 && hours.to_minute == 420);
    cr_assert_eq(hours_parse("00:00..24:00", &hours), 0);
    cr_expect(hours.from_minute == 0 && hours.to_minute == 1440);
    cr_expect_eq(hours_parse("24:00 .. 07:00", &hours), ERR_INVALID);
    cr_expect_eq(hours_parse("09:00 .. 09:00", &hours), ERR_INVALID);
    cr_expect_eq(hours_parse("09:60 .. 18:00", &hours), ERR_INVALID);
    cr_expect_eq(hours_parse("9:00 .. 18:00", &hours), ERR_SYNTAX);
    cr_expect_eq(hours_parse("09:00", &hours), ERR_SYNTAX);
}
