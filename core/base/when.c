/* Time by integer arithmetic: days since 1970-01-01 and milliseconds of the day.
 *
 * The calendar conversions are Howard Hinnant's: years are counted from 1 March, so that the leap
 * day is the last of its year, and from eras of 400 years, so that there are no special cases. */
#include "base/when.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stddef.h>
#include <string.h>

enum { ZONE_MS_MAX = 14 * HOUR_MS, OFFSET_MS_LIMIT = 24 * HOUR_MS, DAY_MINUTES = 1440 };
#define SPAN_MS_MAX ((span_ms)3653 * DAY_MS) /* ten years with three leap days */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- Calendar ---- */

int64_t days_of_date(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_of_days(int64_t days, struct civil *ret)
{
    days += 719468;
    int64_t era = floor_divide(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* from March */
    ret->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    ret->month = (int)(month < 10 ? month + 3 : month - 9);
    ret->year = (int)(year_of_era + era * 400 + (ret->month <= 2));
}

struct civil civil_of(instant_ms instant, span_ms zone)
{
    int64_t local = instant + zone;
    int64_t days = floor_divide(local, DAY_MS);
    int rest = (int)(local - days * DAY_MS);
    struct civil civil = {
        .hour = rest / HOUR_MS,
        .minute = rest / MINUTE_MS % 60,
        .second = rest / SECOND_MS % 60,
        .millisecond = rest % SECOND_MS,
        .weekday = (int)(days + 3 - floor_divide(days + 3, 7) * 7) + 1, /* day 0 was a Thursday */
    };
    date_of_days(days, &civil);
    return civil;
}

instant_ms instant_of(const struct civil *civil, span_ms zone)
{
    return days_of_date(civil->year, civil->month, civil->day) * DAY_MS +
           (int64_t)civil->hour * HOUR_MS + (int64_t)civil->minute * MINUTE_MS +
           (int64_t)civil->second * SECOND_MS + civil->millisecond - zone;
}

instant_ms step_start(instant_ms instant, span_ms step, span_ms zone)
{
    return floor_divide(instant + zone, step) * step - zone;
}

int64_t civil_day(instant_ms instant, span_ms zone)
{
    return floor_divide(instant + zone, DAY_MS);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Taking text apart: each takes what it names from the front, or leaves `at` alone and returns
 * false. -- */

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* Exactly `count` digits. */
static bool take_digits(const char **at, int count, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += count;
    *ret = value;
    return true;
}

static bool take_month_day(const char **at, int *ret_month, int *ret_day)
{
    return take_digits(at, 2, ret_month) && take_char(at, '-') && take_digits(at, 2, ret_day);
}

static bool take_date(const char **at, struct civil *civil)
{
    return take_digits(at, 4, &civil->year) && take_char(at, '-') &&
           take_month_day(at, &civil->month, &civil->day);
}

static bool take_hour_minute(const char **at, int *ret_hour, int *ret_minute)
{
    return take_digits(at, 2, ret_hour) && take_char(at, ':') && take_digits(at, 2, ret_minute);
}

/* ".5", ".25", ".123456": milliseconds; finer digits are cut off. */
static bool take_fraction(const char **at, int *ret_millisecond)
{
    int digit, count = 0, value = 0;
    for (; take_digits(at, 1, &digit); count++) {
        if (count < 3)
            value = value * 10 + digit;
    }
    for (int i = count; i < 3; i++)
        value *= 10;
    *ret_millisecond = value;
    return count > 0;
}

/* Z or ±HH:MM. */
static bool take_offset(const char **at, span_ms *ret_offset)
{
    if (take_char(at, 'Z') || take_char(at, 'z')) {
        *ret_offset = 0;
        return true;
    }
    bool west = **at == '-';
    int hour, minute;
    if (!take_char(at, '+') && !take_char(at, '-'))
        return false;
    if (!take_hour_minute(at, &hour, &minute))
        return false;
    span_ms offset = (span_ms)hour * HOUR_MS + (span_ms)minute * MINUTE_MS;
    /* Minutes past 59 make the offset impossible; the caller refuses it by its size. */
    if (minute > 59)
        offset = OFFSET_MS_LIMIT;
    *ret_offset = west ? -offset : offset;
    return true;
}

static void skip_spaces(const char **at)
{
    while (take_char(at, ' '))
        ;
}

/* ---- Checks ---- */

static bool date_exists(const struct civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

/* 24:00 is the end of its day and nothing comes after it. */
static bool time_exists(const struct civil *civil)
{
    if (civil->hour == 24)
        return civil->minute == 0 && civil->second == 0 && civil->millisecond == 0;
    return civil->hour < 24 && civil->minute < 60 && civil->second < 60;
}

static bool offset_exists(span_ms offset)
{
    return offset > -OFFSET_MS_LIMIT && offset < OFFSET_MS_LIMIT;
}

/* ---- Instants ---- */

int zone_parse(const char *text, span_ms *ret_zone)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {
        {"Asia/Shanghai", 8},
        {"Asia/Chongqing", 8},
        {"Asia/Chungking", 8},
        {"Asia/Harbin", 8},
        {"Asia/Hong_Kong", 8},
        {"Asia/Macau", 8},
        {"Asia/Taipei", 8},
        {"PRC", 8},
        {"Asia/Urumqi", 6},
        {"Asia/Kashgar", 6},
        {"UTC", 0},
        {"Etc/UTC", 0},
    };
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (str_equal(text, zones[i].name)) {
            *ret_zone = (span_ms)zones[i].hours * HOUR_MS;
            return 0;
        }
    }
    span_ms zone;
    if (!take_offset(&text, &zone) || *text != 0 || zone > ZONE_MS_MAX || zone < -ZONE_MS_MAX)
        return ERR_INVALID;
    *ret_zone = zone;
    return 0;
}

/* [:SS[.mmm]] */
static bool take_seconds(const char **at, struct civil *civil)
{
    if (!take_char(at, ':'))
        return true;
    if (!take_digits(at, 2, &civil->second))
        return false;
    return !take_char(at, '.') || take_fraction(at, &civil->millisecond);
}

int instant_parse(const char *text, span_ms zone, instant_ms *ret_instant)
{
    struct civil civil = {0};
    if (!take_date(&text, &civil))
        return ERR_SYNTAX;
    if (*text != 0) {
        bool has_time = (take_char(&text, 'T') || take_char(&text, ' ')) &&
                        take_hour_minute(&text, &civil.hour, &civil.minute) &&
                        take_seconds(&text, &civil);
        if (!has_time || (*text != 0 && !take_offset(&text, &zone)) || *text != 0)
            return ERR_SYNTAX;
    }
    if (!date_exists(&civil) || !time_exists(&civil) || !offset_exists(zone))
        return ERR_INVALID;
    *ret_instant = instant_of(&civil, zone);
    return 0;
}

/* RFC 3339 allows the 60th second, but only as the last one of a UTC day. */
static bool is_leap_second(const struct civil *civil, span_ms offset)
{
    struct civil before = *civil;
    before.second = 59;
    before.millisecond = 0;
    return civil->second == 60 && step_start(instant_of(&before, offset) + SECOND_MS, DAY_MS, 0) ==
                                      instant_of(&before, offset) + SECOND_MS;
}

int instant_parse_rfc3339(const char *text, instant_ms *ret_instant)
{
    struct civil civil = {0};
    span_ms offset;
    bool well_formed = take_date(&text, &civil) &&
                       (take_char(&text, 'T') || take_char(&text, 't')) &&
                       take_hour_minute(&text, &civil.hour, &civil.minute) && *text == ':' &&
                       take_seconds(&text, &civil) && take_offset(&text, &offset) && *text == 0;
    if (!well_formed)
        return ERR_SYNTAX;
    if (!date_exists(&civil) || !offset_exists(offset) || civil.hour == 24)
        return ERR_INVALID;
    if (!time_exists(&civil) &&
        !(civil.hour < 24 && civil.minute < 60 && is_leap_second(&civil, offset)))
        return ERR_INVALID;
    *ret_instant = instant_of(&civil, offset);
    return 0;
}

int date_parse(const char *text, int64_t *ret_day)
{
    struct civil civil = {0};
    if (!take_date(&text, &civil) || *text != 0)
        return ERR_SYNTAX;
    if (!date_exists(&civil))
        return ERR_INVALID;
    *ret_day = days_of_date(civil.year, civil.month, civil.day);
    return 0;
}

/* ---- Spans ---- */

struct unit {
    const char *name;
    span_ms size;
};

/* Largest first: in a compound each unit must be smaller than the one before. */
static const struct unit units[] = {
    {"w", 7 * (span_ms)DAY_MS}, {"d", DAY_MS},   {"h", HOUR_MS}, {"ms", 1},
    {"m", MINUTE_MS},           {"s", SECOND_MS}};
static const struct unit iso_date_units[] = {{"W", 7 * (span_ms)DAY_MS}, {"D", DAY_MS}};
static const struct unit iso_time_units[] = {{"H", HOUR_MS}, {"M", MINUTE_MS}, {"S", SECOND_MS}};

/* One "48h" of a table of units.  The caller's sum stays far below overflow: parts beyond the limit
 * stop. */
static int take_part(const char **at, const struct unit *table, size_t count, span_ms *below,
                     span_ms *sum)
{
    int64_t number = 0;
    int digit, digits = 0;
    for (; take_digits(at, 1, &digit); digits++) {
        number = number * 10 + digit;
        if (number > SPAN_MS_MAX)
            return ERR_LIMIT;
    }
    if (digits == 0)
        return ERR_SYNTAX;
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(*at, table[i].name))
            continue;
        if (table[i].size >= *below)
            return ERR_SYNTAX;
        *at += strlen(table[i].name);
        *below = table[i].size;
        if (number > SPAN_MS_MAX / table[i].size)
            return ERR_LIMIT;
        *sum += number * table[i].size;
        return *sum > SPAN_MS_MAX ? ERR_LIMIT : 0;
    }
    return **at == 0 ? ERR_INVALID : ERR_SYNTAX;
}

static int take_parts(const char **at, const struct unit *table, size_t count, char stop,
                      span_ms *sum)
{
    span_ms below = INT64_MAX;
    do {
        int err = take_part(at, table, count, &below, sum);
        if (err < 0)
            return err;
    } while (**at != 0 && **at != stop);
    return 0;
}

/* P1D, PT30M, P1DT12H, P2W.  Years and months have no fixed length and are refused. */
static int span_parse_iso(const char *at, span_ms *sum)
{
    int err = 0;
    if (*at != 'T')
        err = take_parts(&at, iso_date_units, 2, 'T', sum);
    if (err == 0 && take_char(&at, 'T'))
        err = take_parts(&at, iso_time_units, 3, 0, sum);
    return err == ERR_INVALID ? ERR_SYNTAX : err;
}

int span_parse(const char *text, span_ms *ret_span)
{
    span_ms sum = 0;
    int err;
    if (*text == '-')
        return ERR_INVALID;
    if (take_char(&text, 'P'))
        err = span_parse_iso(text, &sum);
    else
        err = take_parts(&text, units, sizeof units / sizeof *units, 0, &sum);
    if (err == 0)
        *ret_span = sum;
    return err;
}

void span_print(struct buf *buf, span_ms span)
{
    static const struct unit printed[] = {
        {"h", HOUR_MS}, {"m", MINUTE_MS}, {"s", SECOND_MS}, {"ms", 1}};
    if (span == 0) {
        buf_puts(buf, "0s");
        return;
    }
    const struct unit *unit = printed;
    while (span % unit->size != 0)
        unit++;
    if (span < 0)
        buf_putc(buf, '-');
    buf_digits(buf, (uint64_t)(span < 0 ? -span : span) / (uint64_t)unit->size, 1);
    buf_puts(buf, unit->name);
}

/* ---- Writing instants ---- */

/* By hand, since every reason of every decision holds a time and printf is ten times slower. */
static void put_two(char at[2], int number)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
}

static void print_date(struct buf *buf, const struct civil *civil)
{
    char text[] = "0000-00-00";
    if (civil->year < 0 || civil->year > 9999) {
        buf_printf(buf, "%04d-%02d-%02d", civil->year, civil->month, civil->day);
        return;
    }
    put_two(text, civil->year / 100);
    put_two(text + 2, civil->year % 100);
    put_two(text + 5, civil->month);
    put_two(text + 8, civil->day);
    buf_add(buf, text, sizeof text - 1);
}

static void print_minute(struct buf *buf, const struct civil *civil)
{
    char text[] = "T00:00";
    put_two(text + 1, civil->hour);
    put_two(text + 4, civil->minute);
    buf_add(buf, text, sizeof text - 1);
}

static void print_offset(struct buf *buf, span_ms zone)
{
    char text[] = "+00:00";
    int minutes = (int)((zone < 0 ? -zone : zone) / MINUTE_MS);
    text[0] = zone < 0 ? '-' : '+';
    put_two(text + 1, minutes / 60);
    put_two(text + 4, minutes % 60);
    buf_add(buf, text, sizeof text - 1);
}

void instant_print(struct buf *buf, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    char second[] = ":00";
    print_date(buf, &civil);
    print_minute(buf, &civil);
    put_two(second + 1, civil.second);
    buf_add(buf, second, sizeof second - 1);
    if (civil.millisecond != 0) {
        buf_putc(buf, '.');
        buf_digits(buf, (uint64_t)civil.millisecond, 3);
    }
    print_offset(buf, zone);
}

void instant_print_minute(struct buf *buf, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    print_date(buf, &civil);
    print_minute(buf, &civil);
}

void instant_print_short(struct buf *buf, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    print_date(buf, &civil);
    if (civil.hour != 0 || civil.minute != 0)
        print_minute(buf, &civil);
}

void instant_print_chinese(struct buf *buf, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    buf_printf(buf, "%d年%d月%d日%d时", civil.year, civil.month, civil.day, civil.hour);
    if (civil.minute != 0)
        buf_printf(buf, "%d分", civil.minute);
}

/* ---- Seasons and hours ---- */

/* " .. " between the two ends; spaces may be missing. */
static bool take_dots(const char **at)
{
    skip_spaces(at);
    bool found = take_char(at, '.') && take_char(at, '.');
    skip_spaces(at);
    return found;
}

/* 2000 was a leap year: a season may begin or end on 29 February. */
static bool month_day_exists(int month, int day)
{
    return date_exists(&(struct civil){.year = 2000, .month = month, .day = day});
}

int season_parse(const char *text, struct season *ret_season)
{
    struct season season = {0};
    if (!take_month_day(&text, &season.from_month, &season.from_day) || !take_dots(&text) ||
        !take_month_day(&text, &season.to_month, &season.to_day) || *text != 0)
        return ERR_SYNTAX;
    if (!month_day_exists(season.from_month, season.from_day) ||
        !month_day_exists(season.to_month, season.to_day))
        return ERR_INVALID;
    *ret_season = season;
    return 0;
}

bool season_has(const struct season *season, instant_ms instant, span_ms zone)
{
    struct civil civil = civil_of(instant, zone);
    int day = civil.month * 100 + civil.day;
    int from = season->from_month * 100 + season->from_day;
    int to = season->to_month * 100 + season->to_day;
    return from <= to ? day >= from && day <= to : day >= from || day <= to;
}

static bool take_minute_of_day(const char **at, int *ret_minute)
{
    int hour, minute;
    if (!take_hour_minute(at, &hour, &minute))
        return false;
    /* An impossible minute makes the whole impossible; the caller refuses it by its size. */
    *ret_minute = minute < 60 ? hour * 60 + minute : DAY_MINUTES + 1;
    return true;
}

int hours_parse(const char *text, struct hours *ret_hours)
{
    struct hours hours;
    if (!take_minute_of_day(&text, &hours.from_minute) || !take_dots(&text) ||
        !take_minute_of_day(&text, &hours.to_minute) || *text != 0)
        return ERR_SYNTAX;
    if (hours.from_minute >= DAY_MINUTES || hours.to_minute > DAY_MINUTES ||
        hours.from_minute == hours.to_minute)
        return ERR_INVALID;
    *ret_hours = hours;
    return 0;
}
