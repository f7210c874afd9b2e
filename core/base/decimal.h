/* Figures without rounding.
 *
 * A measured value or a threshold is a decimal in millionths (`micro`), so that 0.1 is exactly 0.1
 * and every build agrees.  Means are kept as fractions in 128 bits; the only roundings are the ones
 * a standard orders, and they are made here. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

typedef int64_t micro; /* value × 1,000,000 */
typedef __int128 wide;
#define MICRO 1000000
#define MICRO_NONE INT64_MIN
#define MICRO_MAX ((micro)1000000000 * MICRO) /* ±1e9: larger figures are refused */

/* num / (den × MICRO); den > 0, reduced or not.  den == 0: unknown. */
struct ratio {
    wide num;
    int64_t den;
};

/* "-12", "168.5", "1.2e3": at most six places are kept, further ones are rounded half-even.
 * ERR_SYNTAX when it is not a number, ERR_LIMIT beyond ±MICRO_MAX. */
int micro_parse(const char *text, micro *ret_value);
int micro_of_double(double value, micro *ret_value); /* ERR_INVALID for NaN and infinities */
/* The shortest decimal: 168, 0.5, -3.25; null for MICRO_NONE. */
void micro_print(struct buf *buf, micro value);
/* At most two places, half-even, for people; "-" when unknown. */
void ratio_print(struct buf *buf, struct ratio value);
/* <0, 0, >0 as value is below, at, above bound. */
int ratio_compare(struct ratio value, micro bound);
/* Rounded half-even to a multiple of 10^-places (places 0..6), as micro. */
micro ratio_round_half_even(struct ratio value, int places);
struct ratio ratio_of(micro value);
/* Mean of `count` ratios, exact (by the least common denominator); unknown when count is 0. */
struct ratio ratio_mean(const struct ratio *values, int count);

#endif
