/* Figures: reading, exact means, the roundings a standard orders. */
#include "base/buf.h"
#include "base/decimal.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <math.h>

static micro figure(const char *text)
{
    micro value = MICRO_NONE;
    cr_assert_eq(micro_parse(text, &value), 0, "%s", text);
    return value;
}

static void expect_printed(micro value, const char *expected)
{
    struct buf buf = {0};
    micro_print(&buf, value);
    cr_expect_str_eq(buf_str(&buf), expected);
    buf_release(&buf);
}

Test(decimal, figures_are_read_exactly)
{
    cr_expect_eq(figure("0.1"), 100000);
    cr_expect_eq(figure("-12"), -12 * MICRO);
    cr_expect_eq(figure("168.5"), 168500000);
    cr_expect_eq(figure("1.2e3"), 1200 * MICRO);
    cr_expect_eq(figure("12E-1"), 1200000);
    cr_expect_eq(figure("+5"), 5 * MICRO);
    cr_expect_eq(figure(".5"), 500000);
    cr_expect_eq(figure("-0"), 0);
    cr_expect_eq(figure("007"), 7 * MICRO);
    cr_expect_eq(figure("0.000001"), 1);
    cr_expect_eq(figure("1000000000"), MICRO_MAX);
    cr_expect_eq(figure("0000000000000000000000000000000000000000000000012"), 12 * MICRO);
}

Test(decimal, more_than_six_places_round_half_even)
{
    cr_expect_eq(figure("0.0000005"), 0);
    cr_expect_eq(figure("0.0000015"), 2);
    cr_expect_eq(figure("0.0000025"), 2);
    cr_expect_eq(figure("-0.0000015"), -2);
    cr_expect_eq(figure("0.00000250000000000000000000000000000000000000000001"), 3);
    cr_expect_eq(figure("0.00000249999999999999999999999999999999999999999999"), 2);
    cr_expect_eq(figure("1e-7"), 0);
    cr_expect_eq(figure("6e-7"), 1);
    cr_expect_eq(figure("1e-999999999"), 0);
    cr_expect_eq(figure("0e999999999"), 0);
}

Test(decimal, what_is_no_figure_is_refused)
{
    static const char *const bad[] = {"",    "-",   "+",     ".",   "5.",   "1e",
                                      "1e+", "e5",  "1,000", " 1",  "1 ",   "0x1F",
                                      "NaN", "inf", "1.2.3", "--1", "１２", "1_000"};
    micro kept = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(micro_parse(bad[i], &kept), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(micro_parse("1000000000.000001", &kept), ERR_LIMIT);
    cr_expect_eq(micro_parse("-1e10", &kept), ERR_LIMIT);
    cr_expect_eq(micro_parse("1e999999999999", &kept), ERR_LIMIT);
    cr_expect_eq(micro_parse("99999999999999999999999999999999999999999999", &kept), ERR_LIMIT);
    cr_expect_eq(kept, 7);
}

Test(decimal, doubles_are_the_decimals_that_were_written)
{
    micro value;
    for (int i = -20000; i <= 20000; i++) {
        cr_assert_eq(micro_of_double(i / 1000.0, &value), 0);
        cr_assert_eq(value, i * 1000);
    }
    cr_expect_eq(micro_of_double(999999999.999999, &value), 0);
    cr_expect_eq(value, MICRO_MAX - 1);
    cr_expect_eq(micro_of_double(0.0000005, &value), 0);
    cr_expect_eq(value, 0);
    cr_expect_eq(micro_of_double(0.0000015, &value), 0);
    cr_expect_eq(value, 2);
    cr_expect_eq(micro_of_double((double)NAN, &value), ERR_INVALID);
    cr_expect_eq(micro_of_double(-(double)INFINITY, &value), ERR_INVALID);
    cr_expect_eq(micro_of_double(1e300, &value), ERR_LIMIT);
}

Test(decimal, figures_are_printed_short)
{
    expect_printed(0, "0");
    expect_printed(168 * MICRO, "168");
    expect_printed(500000, "0.5");
    expect_printed(-3250000, "-3.25");
    expect_printed(-1, "-0.000001");
    expect_printed(10 * MICRO, "10");
    expect_printed(MICRO_MAX, "1000000000");
    expect_printed(MICRO_NONE, "null");
}

Test(decimal, printing_and_reading_agree)
{
    for (micro value = -2000000; value < 2000000; value += 997) {
        struct buf buf = {0};
        micro_print(&buf, value);
        cr_assert_eq(figure(buf_str(&buf)), value);
        buf_release(&buf);
    }
}

Test(decimal, rounding_is_half_even_at_every_place)
{
    static const struct {
        const char *value;
        int places;
        const char *rounded;
    } cases[] = {
        {"0.5", 0, "0"},      {"1.5", 0, "2"},
        {"2.5", 0, "2"},      {"-0.5", 0, "0"},
        {"-1.5", 0, "-2"},    {"2.500001", 0, "3"},
        {"2.499999", 0, "2"}, {"0.25", 1, "0.2"},
        {"0.35", 1, "0.4"},   {"1.05", 1, "1"},
        {"1.15", 1, "1.2"},   {"115.5", 0, "116"},
        {"114.5", 0, "114"},  {"1.234567", 6, "1.234567"},
        {"1.005", 2, "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        micro rounded = ratio_round_half_even(ratio_of(figure(cases[i].value)), cases[i].places);
        cr_expect_eq(rounded, figure(cases[i].rounded), "%s to %d places", cases[i].value,
                     cases[i].places);
    }
}

Test(decimal, a_mean_is_exact)
{
    struct ratio thirds[] = {ratio_of(MICRO), ratio_of(MICRO), ratio_of(2 * MICRO)};
    struct ratio mean = ratio_mean(thirds, 3);
    cr_expect_eq(mean.den, 3);
    cr_expect_eq(mean.num, 4 * MICRO);
    cr_expect_gt(ratio_compare(mean, 1333333), 0);
    cr_expect_lt(ratio_compare(mean, 1333334), 0);

    struct ratio same[] = {mean, mean, mean};
    mean = ratio_mean(same, 3);
    cr_expect_eq(mean.den, 3, "means are reduced");
}

Test(decimal, one_third_three_times_is_one)
{
    struct ratio third = {.num = MICRO, .den = 3};
    struct ratio half = {.num = MICRO, .den = 2};
    struct ratio sixth = {.num = MICRO, .den = 6};
    struct ratio parts[] = {third, half, sixth};
    struct ratio mean = ratio_mean(parts, 3);
    cr_expect_eq(ratio_compare(mean, 333333), 1);
    cr_expect_eq(mean.num * 3, (wide)MICRO * mean.den, "1/3 + 1/2 + 1/6 = 1");
}

Test(decimal, the_widest_station_means_fit)
{
    struct ratio hours[40];
    for (int stations = 1; stations <= 40; stations++) {
        struct ratio values[40];
        for (int i = 0; i < stations; i++)
            values[i] = ratio_of(MICRO_MAX - i);
        hours[stations - 1] = ratio_mean(values, stations);
    }
    struct ratio mean = ratio_mean(hours, 40);
    cr_expect_lt(ratio_compare(mean, MICRO_MAX), 0);
    cr_expect_gt(ratio_compare(mean, MICRO_MAX - 20), 0);
    cr_expect_eq(ratio_round_half_even(mean, 0), MICRO_MAX);
}

Test(decimal, the_mean_of_nothing_is_unknown)
{
    cr_expect_eq(ratio_mean(NULL, 0).den, 0);
    cr_expect_eq(ratio_round_half_even((struct ratio){0}, 0), MICRO_NONE);
    cr_expect_eq(ratio_of(MICRO_NONE).den, 0);
}

Test(decimal, ratios_print_two_places_for_people)
{
    struct buf buf = {0};
    ratio_print(&buf, (struct ratio){.num = 2 * MICRO, .den = 3});
    buf_putc(&buf, ' ');
    ratio_print(&buf, (struct ratio){.num = -MICRO, .den = 8});
    buf_putc(&buf, ' ');
    ratio_print(&buf, (struct ratio){0});
    cr_expect_str_eq(buf_str(&buf), "0.67 -0.12 -");
    buf_release(&buf);
}
