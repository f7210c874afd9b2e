/* The index: vectors worked out by hand, rules of publication, and a slow reference. */
#include "base/arena.h"
#include "model/aqi.h"
#include "model/aqi_tables.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct ratio figure(const char *text)
{
    micro value;
    cr_assert_eq(micro_parse(text, &value), 0, "%s", text);
    return ratio_of(value);
}

/* One vector a line, so that someone who knows the standard can add some: the table's column, the
 * concentration, the index by HJ 633-2012 and by HJ 633-2026 (-1: no index is given). */
static const struct vector {
    enum aqi_mode mode;
    enum pollutant pollutant;
    const char *concentration;
    int old, now;
} vectors[] = {
    /* clang-format off */
    {AQI_DAILY,  PM25, "0",        0,   0},
    {AQI_DAILY,  PM25, "35",      50,  50},
    {AQI_DAILY,  PM25, "60",      82, 100},
    {AQI_DAILY,  PM25, "60.5",    82, 100},  /* half to even: 60 */
    {AQI_DAILY,  PM25, "60.6",    83, 101},  /* 61 */
    {AQI_DAILY,  PM25, "75",     100, 114},
    {AQI_DAILY,  PM25, "115",    150, 150},
    {AQI_DAILY,  PM25, "116",    152, 152},
    {AQI_DAILY,  PM25, "150",    200, 200},
    {AQI_DAILY,  PM25, "151",    201, 201},
    {AQI_DAILY,  PM25, "250",    300, 300},
    {AQI_DAILY,  PM25, "251",    301, 301},
    {AQI_DAILY,  PM25, "500",    500, 500},
    {AQI_DAILY,  PM25, "612",    500, 500},
    {AQI_HOURLY, PM25, "1361",   500, 500},
    {AQI_HOURLY, PM25, "75",     100, 114},  /* the hour uses the daily column */
    {AQI_DAILY,  PM10, "120",     85, 100},
    {AQI_DAILY,  PM10, "150",    100, 112},
    {AQI_DAILY,  PM10, "231",    141, 143},
    {AQI_DAILY,  PM10, "351",    202, 202},
    {AQI_DAILY,  O3,   "161",    101, 101},
    {AQI_DAILY,  O3,   "266",    201, 201},
    {AQI_DAILY,  O3,   "800",    300, 300},
    {AQI_DAILY,  O3,   "900",     -1, 300},  /* beyond the 8 h column */
    {AQI_HOURLY, O3,   "900",    350, 350},
    {AQI_HOURLY, SO2,  "800",    200, 200},
    {AQI_HOURLY, SO2,  "900",     -1, 200},  /* beyond the 1 h column */
    {AQI_DAILY,  SO2,  "24",      24,  24},
    {AQI_DAILY,  CO,   "1.65",    40,  40},  /* half to even: 1.6 */
    {AQI_DAILY,  CO,   "1.75",    45,  45},  /* 1.8 */
    {AQI_HOURLY, CO,   "150.1",  500, 500},
    {AQI_DAILY,  NO2,  "71",      89,  89},
    {AQI_HOURLY, NO2,  "201",    101, 101},
    {AQI_DAILY,  NO2,  "0.5",      0,   0},
    {AQI_DAILY,  NO2,  "0.6",      2,   2},  /* 1, and the index is rounded up */
    /* clang-format on */
};

Test(aqi, vectors)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *old = aqi_standard_named(&standards, "HJ633-2012");
    const struct aqi_standard *now = aqi_standard_named(&standards, "HJ633-2026");
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct ratio c = figure(v->concentration);
        cr_expect_eq(iaqi_of(old, v->mode, v->pollutant, c), v->old, "%s %s by 2012: %d",
                     pollutant_key(v->pollutant), v->concentration,
                     iaqi_of(old, v->mode, v->pollutant, c));
        cr_expect_eq(iaqi_of(now, v->mode, v->pollutant, c), v->now, "%s %s by 2026: %d",
                     pollutant_key(v->pollutant), v->concentration,
                     iaqi_of(now, v->mode, v->pollutant, c));
    }
    arena_release(&arena);
}

Test(aqi, the_edition_is_chosen_by_the_day)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct {
        int64_t day;
        const char *name;
    } days[] = {
        {days_of_date(2012, 2, 28), NULL},         {days_of_date(2012, 2, 29), "HJ633-2012"},
        {days_of_date(2015, 11, 8), "HJ633-2012"}, {days_of_date(2026, 2, 28), "HJ633-2012"},
        {days_of_date(2026, 3, 1), "HJ633-2026"},  {days_of_date(2099, 1, 1), "HJ633-2026"}};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        const struct aqi_standard *standard = aqi_standard_on(&standards, days[i].day);
        cr_expect_eq(standard != NULL, days[i].name != NULL);
        if (standard && days[i].name)
            cr_expect_str_eq(standard->name, days[i].name);
    }
    cr_expect_eq(standards.hours_min_day, 20);
    cr_expect_eq(standards.hours_min_8h, 6);
    cr_expect_null(aqi_standard_named(&standards, "HJ633-1999"));
    arena_release(&arena);
}

enum { ALL = (1u << POLLUTANTS) - 1 };

static void set(struct ratio values[POLLUTANTS], const char *const texts[POLLUTANTS])
{
    for (enum pollutant p = 0; p < POLLUTANTS; p++)
        values[p] = texts[p] ? figure(texts[p]) : (struct ratio){0};
}

Test(aqi, the_largest_counts_and_ties_are_listed_together)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *now = aqi_standard_named(&standards, "HJ633-2026");
    struct ratio values[POLLUTANTS];
    set(values, (const char *[]){"115", "250", "10", "10", "0.5", "20"});
    struct aqi aqi = aqi_of(now, AQI_DAILY, values, ALL, ALL);
    cr_expect_eq(aqi.value, 150);
    cr_expect_eq(aqi.primary, 1u << PM25 | 1u << PM10);
    cr_expect_str_eq(aqi_level(now, aqi.value), "轻度污染");
    set(values, (const char *[]){"35", "50", "50", "40", "2", "100"});
    aqi = aqi_of(now, AQI_DAILY, values, ALL, ALL);
    cr_expect_eq(aqi.value, 50);
    cr_expect_eq(aqi.primary, 0, "up to 50 there is no primary pollutant");
    arena_release(&arena);
}

Test(aqi, a_missing_pollutant_forbids_a_good_index_but_not_a_bad_one)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *now = aqi_standard_named(&standards, "HJ633-2026");
    struct ratio values[POLLUTANTS];
    set(values, (const char *[]){"60", "50", NULL, "40", "2", "100"});
    cr_expect_eq(aqi_of(now, AQI_DAILY, values, ALL, ALL).value, AQI_UNKNOWN,
                 "100, and SO2 missing");
    cr_expect_eq(aqi_of(now, AQI_DAILY, values, ALL, ALL).primary, 0);
    cr_expect_eq(aqi_of(now, AQI_DAILY, values, ALL, 1u << PM25).value, 100, "SO2 is not required");
    values[PM25] = figure("61");
    cr_expect_eq(aqi_of(now, AQI_DAILY, values, ALL, ALL).value, 101);
    set(values, (const char *[]){NULL, NULL, NULL, NULL, NULL, NULL});
    cr_expect_eq(aqi_of(now, AQI_DAILY, values, ALL, 0).value, AQI_UNKNOWN);
    cr_expect(now->missing_forbids);
    cr_expect_not(aqi_standard_named(&standards, "HJ633-2012")->missing_forbids);
    arena_release(&arena);
}

Test(aqi, pollutants_that_are_not_counted_are_not_looked_at)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *now = aqi_standard_named(&standards, "HJ633-2026");
    struct ratio values[POLLUTANTS];
    set(values, (const char *[]){"115", "600", NULL, NULL, NULL, NULL});
    struct aqi aqi = aqi_of(now, AQI_DAILY, values, 1u << PM25, 1u << PM25);
    cr_expect_eq(aqi.value, 150);
    cr_expect_eq(aqi.iaqi[PM10], AQI_UNKNOWN);
    arena_release(&arena);
}

Test(aqi, an_unknown_or_negative_concentration_has_no_index)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *now = aqi_standard_named(&standards, "HJ633-2026");
    cr_expect_eq(iaqi_of(now, AQI_DAILY, PM25, (struct ratio){0}), AQI_UNKNOWN);
    cr_expect_eq(iaqi_of(now, AQI_DAILY, PM25, ratio_of(-1)), AQI_UNKNOWN);
    cr_expect_null(aqi_level(now, AQI_UNKNOWN));
    cr_expect_str_eq(aqi_level(now, 0), "优");
    cr_expect_str_eq(aqi_level(now, 500), "严重污染");
    arena_release(&arena);
}

/* The slow reference: the tables once more, typed from the standard; the half-even rounding by
 * looking at the remainder, the index by counting up until it is large enough.
 * ---------------------------------------------------------------- */

static const int index_steps[8] = {0, 50, 100, 150, 200, 300, 400, 500};
static const int tables[2][2][POLLUTANTS][8] = {
    /* [edition][mode][pollutant], CO in tenths; -1 ends a column */
    {{{0, 35, 75, 115, 150, 250, 350, 500},
      {0, 50, 150, 250, 350, 420, 500, 600},
      {0, 150, 500, 650, 800, -1},
      {0, 100, 200, 700, 1200, 2340, 3090, 3840},
      {0, 50, 100, 350, 600, 900, 1200, 1500},
      {0, 160, 200, 300, 400, 800, 1000, 1200}},
     {{0, 35, 75, 115, 150, 250, 350, 500},
      {0, 50, 150, 250, 350, 420, 500, 600},
      {0, 50, 150, 475, 800, 1600, 2100, 2620},
      {0, 40, 80, 180, 280, 565, 750, 940},
      {0, 20, 40, 140, 240, 360, 480, 600},
      {0, 100, 160, 215, 265, 800, -1}}},
    {{{0, 35, 60, 115, 150, 250, 350, 500},
      {0, 50, 120, 250, 350, 420, 500, 600},
      {0, 150, 500, 650, 800, -1},
      {0, 100, 200, 700, 1200, 2340, 3090, 3840},
      {0, 50, 100, 350, 600, 900, 1200, 1500},
      {0, 160, 200, 300, 400, 800, 1000, 1200}},
     {{0, 35, 60, 115, 150, 250, 350, 500},
      {0, 50, 120, 250, 350, 420, 500, 600},
      {0, 50, 150, 475, 800, 1600, 2100, 2620},
      {0, 40, 80, 180, 280, 565, 750, 940},
      {0, 20, 40, 140, 240, 360, 480, 600},
      {0, 100, 160, 215, 265, 800, -1}}},
};

static long long rounded(long long num, long long den)
{
    long long whole = 0;
    while ((whole + 1) * den <= num)
        whole += (num / den - whole > 1000) ? 1000 : 1;
    long long rest = num - whole * den;
    if (2 * rest > den || (2 * rest == den && whole % 2 != 0))
        whole++;
    return whole;
}

/* `num` / `den` in the column's own unit. */
static int reference(int edition, enum aqi_mode mode, enum pollutant p, long long num,
                     long long den)
{
    long long c = rounded(num, den);
    const int *column = tables[edition][mode][p];
    for (int i = 1; i < 8 && column[i] >= 0; i++) {
        if (c > column[i])
            continue;
        int index = index_steps[i - 1];
        while ((long long)(index - index_steps[i - 1]) * (column[i] - column[i - 1]) <
               (long long)(index_steps[i] - index_steps[i - 1]) * (c - column[i - 1]))
            index++;
        return index;
    }
    if (mode == AQI_HOURLY && p == SO2)
        return edition == 0 ? -1 : 200;
    if (mode == AQI_DAILY && p == O3)
        return edition == 0 ? -1 : 300;
    return 500;
}

static uint64_t next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Means of n readings near the break points, ties of rounding among them. */
Test(aqi, agrees_with_a_slow_reference)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20151108, state = seed;
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *editions[2] = {aqi_standard_named(&standards, "HJ633-2012"),
                                              aqi_standard_named(&standards, "HJ633-2026")};
    for (int i = 0; i < 200000; i++) {
        int edition = (int)(next(&state) % 2);
        enum aqi_mode mode = (enum aqi_mode)(next(&state) % 2);
        enum pollutant p = (enum pollutant)(next(&state) % POLLUTANTS);
        const int *column = tables[edition][mode][p];
        long long den = (long long)(next(&state) % 24) + 1;
        int near = column[next(&state) % 5] + (int)(next(&state) % 40);
        if (next(&state) % 8 == 0)
            near = (int)(next(&state) % 4500);
        long long num = near * den + (long long)(next(&state) % (unsigned)(2 * den));
        /* In the reference's unit: CO in tenths of mg/m³, the others in µg/m³. */
        struct ratio value = {.num = (wide)num * (p == CO ? MICRO / 10 : MICRO), .den = den};
        int expected = reference(edition, mode, p, num, den);
        int found = iaqi_of(editions[edition], mode, p, value);
        cr_assert_eq(found, expected, "SEED=%llu: %s %lld/%lld, edition %d, mode %d: %d, not %d",
                     (unsigned long long)seed, pollutant_key(p), num, den, edition, mode, found,
                     expected);
    }
    arena_release(&arena);
}
