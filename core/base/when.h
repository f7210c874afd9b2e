/* Time: instants, civil dates, spans, seasons.
 *
 * An instant is milliseconds since the epoch, UTC; it is carried, never read from a clock here.  A
 * zone is a fixed offset: China has kept +08:00 without summer time since 1992, and a zone with
 * summer time is refused where it is named.  Dates use the proleptic Gregorian calendar, by integer
 * arithmetic. */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

typedef int64_t instant_ms;
typedef int64_t span_ms;

#define INSTANT_NONE INT64_MIN
enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 86400000 };

struct civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second, millisecond;
    int weekday; /* 1 Monday … 7 Sunday; filled by civil_of, ignored by instant_of */
};

struct civil civil_of(instant_ms instant, span_ms zone);
instant_ms instant_of(const struct civil *civil, span_ms zone);
/* Start of the step of `step` that contains the instant, counted from local midnight of the epoch
 * day. */
instant_ms step_start(instant_ms instant, span_ms step, span_ms zone);
/* Days since 1970-01-01 of the local civil day. */
int64_t civil_day(instant_ms instant, span_ms zone);
int64_t days_of_date(int year, int month, int day);

/* "Asia/Shanghai", "Asia/Chongqing", "UTC", "+08:00" and the like → offset.  ERR_INVALID otherwise.
 */
int zone_parse(const char *text, span_ms *ret_zone);
/* RFC 3339 with offset or Z; or local `YYYY-MM-DD[( |T)HH:MM[:SS[.mmm]]]`, taken in `zone`.  24:00
 * is the end of its day.  Impossible dates and times are ERR_INVALID, other text ERR_SYNTAX. */
int instant_parse(const char *text, span_ms zone, instant_ms *ret_instant);
/* As above but an offset or Z is required (CloudEvents `time`). */
int instant_parse_rfc3339(const char *text, instant_ms *ret_instant);
/* `YYYY-MM-DD` → days since 1970-01-01. */
int date_parse(const char *text, int64_t *ret_day);
/* "90s" "30m" "36h" "2d" "1w" "250ms" "3h59m", also ISO "PT1H" "P1D" "PT30M".  A bare number is
 * ERR_INVALID (a unit is always written), so is a negative one; more than ten years is ERR_LIMIT;
 * anything else is ERR_SYNTAX. */
int span_parse(const char *text, span_ms *ret_span);

/* 2015-11-08T00:00:00+08:00 ; milliseconds only when they are not zero. */
void instant_print(struct buf *buf, instant_ms instant, span_ms zone);
/* 2015-11-08 when local midnight, else 2015-11-08T16:00. */
void instant_print_short(struct buf *buf, instant_ms instant, span_ms zone);
/* 2015-11-08T16:00 : how an instant stands in an identity. */
void instant_print_minute(struct buf *buf, instant_ms instant, span_ms zone);
/* 2015年11月8日16时, with 30分 only when it is not the full hour. */
void instant_print_chinese(struct buf *buf, instant_ms instant, span_ms zone);
/* 48h, 90m, 45s, 1500ms: the largest unit that divides it, never above hours; 0s. */
void span_print(struct buf *buf, span_ms span);

/* "05-01 .. 09-30", both days included; "11-01 .. 03-31" runs over New Year. */
struct season {
    int from_month, from_day, to_month, to_day;
};
int season_parse(const char *text, struct season *ret_season);
bool season_has(const struct season *season, instant_ms instant, span_ms zone);
/* "09:00 .. 18:00", closed at the start, open at the end; "20:00 .. 07:00" runs over midnight. */
struct hours {
    int from_minute, to_minute; /* of the day; to may be 1440 */
};
int hours_parse(const char *text, struct hours *ret_hours);

#endif
