/* Figures without rounding, except where a standard orders it.
 *
 * All sums fit: a micro has at most 10^15, a station mean a denominator of at most 40, and the mean
 * of a month of such hours a denominator below lcm(1..40) × 744 ≈ 4 × 10^18, so numerators stay
 * below 10^34 of the 1.7 × 10^38 that 128 bits hold.  A denominator beyond 64 bits asserts. */
#include "base/decimal.h"
#include "base/buf.h"
#include "base/err.h"
#include <assert.h>
#include <stdio.h>

enum { PLACES = 6, DIGITS_MAX = 30, EXPONENT_MAX = 999 };

/* num / den rounded to the nearest integer, ties to the even one.  `sticky`: a little more was cut
 * off num. */
static wide divide_half_even(wide num, wide den, bool sticky)
{
    bool negative = num < 0;
    wide size = negative ? -num : num;
    wide whole = size / den, twice = (size % den) * 2;
    if (twice > den || (twice == den && (sticky || whole % 2 == 1)))
        whole++;
    return negative ? -whole : whole;
}

/* ---- Reading ---- */

/* A number as it stands in the text: digits × 10^exponent, plus a little when `sticky`. */
struct numeral {
    wide digits;
    int exponent, digit_count;
    bool negative, sticky;
};

/* Takes digits; returns how many there were.  Beyond DIGITS_MAX only their size and being non-zero
 * matter. */
static int take_digits(const char **at, struct numeral *numeral, bool fraction)
{
    int count = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, count++) {
        int digit = **at - '0';
        if (numeral->digit_count < DIGITS_MAX) {
            numeral->digits = numeral->digits * 10 + digit;
            numeral->digit_count += numeral->digits != 0;
            numeral->exponent -= fraction;
        } else {
            numeral->sticky |= digit != 0;
            numeral->exponent += !fraction;
        }
    }
    return count;
}

/* "e-3"; false when an e stands without digits. */
static bool take_exponent(const char **at, struct numeral *numeral)
{
    if (**at != 'e' && **at != 'E')
        return true;
    (*at)++;
    bool negative = **at == '-';
    if (**at == '-' || **at == '+')
        (*at)++;
    int exponent = 0, count = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, count++) {
        if (exponent <= EXPONENT_MAX)
            exponent = exponent * 10 + (**at - '0');
    }
    numeral->exponent += negative ? -exponent : exponent;
    return count > 0;
}

static int numeral_parse(const char *at, struct numeral *numeral)
{
    numeral->negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    int whole = take_digits(&at, numeral, false);
    int fraction = 0;
    if (*at == '.') {
        at++;
        fraction = take_digits(&at, numeral, true);
        if (fraction == 0)
            return ERR_SYNTAX;
    }
    if (whole + fraction == 0 || !take_exponent(&at, numeral) || *at != 0)
        return ERR_SYNTAX;
    return 0;
}

/* digits × 10^shift as an integer; false beyond MICRO_MAX. */
static bool numeral_scale(const struct numeral *numeral, int shift, wide *ret)
{
    wide value = numeral->digits;
    for (; shift > 0 && value != 0; shift--) {
        if (value > MICRO_MAX)
            return false;
        value *= 10;
    }
    wide divisor = 1;
    for (; shift < 0 && divisor <= value * 2; shift++)
        divisor *= 10;
    /* Here either shift is 0, or the divisor has outgrown twice the value and the result is 0. */
    value = shift < 0 ? 0 : divide_half_even(value, divisor, numeral->sticky);
    *ret = value;
    return value <= MICRO_MAX;
}

int micro_parse(const char *text, micro *ret_value)
{
    struct numeral numeral = {0};
    wide value;
    int err = numeral_parse(text, &numeral);
    if (err < 0)
        return err;
    if (!numeral_scale(&numeral, numeral.exponent + PLACES, &value))
        return ERR_LIMIT;
    *ret_value = (micro)(numeral.negative ? -value : value);
    return 0;
}

/* A double stands for the shortest decimal that names it, so that 0.1 read from JSON equals 0.1
 * read from YAML.  Six places are nearly always enough to see which integer is meant; the rest goes
 * by its digits. */
int micro_of_double(double value, micro *ret_value)
{
    if (value != value || value - value != 0)
        return ERR_INVALID;
    if (value > 1e9 || value < -1e9)
        return ERR_LIMIT;
    double scaled = value * MICRO;
    micro nearest = (micro)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double off = scaled - (double)nearest;
    if (off < 0.375 && off > -0.375) {
        *ret_value = nearest;
        return 0;
    }
    char text[40];
    snprintf(text, sizeof text, "%.15g", value);
    return micro_parse(text, ret_value);
}

/* ---- Writing ---- */

void micro_print(struct buf *buf, micro value)
{
    if (value == MICRO_NONE) {
        buf_puts(buf, "null");
        return;
    }
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t fraction = size % MICRO;
    if (value < 0)
        buf_putc(buf, '-');
    buf_digits(buf, size / MICRO, 1);
    if (fraction == 0)
        return;
    int places = PLACES;
    for (; fraction % 10 == 0; fraction /= 10)
        places--;
    buf_putc(buf, '.');
    buf_digits(buf, fraction, places);
}

void ratio_print(struct buf *buf, struct ratio value)
{
    if (value.den == 0)
        buf_putc(buf, '-');
    else
        micro_print(buf, ratio_round_half_even(value, 2));
}

/* ---- Fractions ---- */

int ratio_compare(struct ratio value, micro bound)
{
    assert(value.den > 0);
    wide right = (wide)bound * value.den;
    return (value.num > right) - (value.num < right);
}

micro ratio_round_half_even(struct ratio value, int places)
{
    assert(places >= 0 && places <= PLACES);
    if (value.den == 0)
        return MICRO_NONE;
    int64_t unit = 1;
    for (int i = places; i < PLACES; i++)
        unit *= 10;
    return (micro)(divide_half_even(value.num, (wide)value.den * unit, false) * unit);
}

struct ratio ratio_of(micro value)
{
    return (struct ratio){.num = value, .den = value == MICRO_NONE ? 0 : 1};
}

static wide greatest_common_divisor(wide a, wide b)
{
    while (b != 0) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static int64_t least_common_multiple(int64_t a, int64_t b)
{
    int64_t multiple = 0;
    bool overflow =
        __builtin_mul_overflow(a / (int64_t)greatest_common_divisor(a, b), b, &multiple);
    assert(!overflow);
    return multiple;
}

struct ratio ratio_mean(const struct ratio *values, int count)
{
    if (count <= 0)
        return (struct ratio){0};
    int64_t den = 1;
    for (int i = 0; i < count; i++) {
        assert(values[i].den > 0);
        den = least_common_multiple(den, values[i].den);
    }
    wide sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i].num * (den / values[i].den);
    wide divisor = greatest_common_divisor(sum, (wide)den * count);
    wide mean_den = (wide)den * count / divisor;
    assert(mean_den <= INT64_MAX);
    return (struct ratio){.num = sum / divisor, .den = (int64_t)mean_den};
}
