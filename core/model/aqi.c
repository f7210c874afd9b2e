/* From a concentration to an index: a column of the table, two roundings, one interpolation.
 *
 * Everything is integer arithmetic.  A concentration is rounded half-even once (GB/T 8170, as HJ
 * 633-2026 orders), the interpolated index is rounded up once, and nothing else is ever rounded. */
#include "model/aqi.h"
#include "base/str.h"
#include <stddef.h>

/* a / b rounded up, for a >= 0 and b > 0. */
static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Index between break points i - 1 and i.  The largest product is 100 × 3,840 × MICRO: far below 64
 * bits. */
static int interpolate(const struct aqi_standard *standard, const struct aqi_column *column, int i,
                       micro concentration)
{
    micro low = column->breaks[i - 1], high = column->breaks[i];
    int index_low = standard->index[i - 1], index_high = standard->index[i];
    return index_low + (int)divide_up((index_high - index_low) * (concentration - low), high - low);
}

int iaqi_of(const struct aqi_standard *standard, enum aqi_mode mode, enum pollutant pollutant,
            struct ratio concentration)
{
    const struct aqi_column *column = &standard->column[mode][pollutant];
    if (column->count == 0 || concentration.den == 0 || concentration.num < 0)
        return AQI_UNKNOWN;
    micro rounded = ratio_round_half_even(concentration, column->places);
    if (rounded <= column->breaks[0])
        return standard->index[0];
    for (int i = 1; i < column->count; i++) {
        if (rounded <= column->breaks[i])
            return interpolate(standard, column, i, rounded);
    }
    return column->above;
}

struct aqi aqi_of(const struct aqi_standard *standard, enum aqi_mode mode,
                  const struct ratio values[POLLUTANTS], unsigned counted, unsigned required)
{
    struct aqi aqi = {.value = AQI_UNKNOWN};
    bool missing = false;
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        bool counts = counted >> p & 1;
        aqi.iaqi[p] = counts ? iaqi_of(standard, mode, p, values[p]) : AQI_UNKNOWN;
        missing |= (required >> p & 1) && aqi.iaqi[p] == AQI_UNKNOWN;
        if (aqi.iaqi[p] > aqi.value)
            aqi.value = aqi.iaqi[p];
    }
    /* With a gap, a bad value is still bad, but a good one cannot be known to be the largest. */
    if (missing && aqi.value <= standard->missing_above)
        aqi.value = AQI_UNKNOWN;
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        if (aqi.value > standard->primary_above && aqi.iaqi[p] == aqi.value)
            aqi.primary |= 1u << p;
    }
    return aqi;
}

const char *aqi_level(const struct aqi_standard *standard, int value)
{
    for (int i = 0; value >= 0 && i < standard->level_count; i++) {
        if (value <= standard->levels[i].up_to)
            return standard->levels[i].name;
    }
    return NULL;
}

const struct aqi_standard *aqi_standard_on(const struct aqi_standards *standards, int64_t day)
{
    for (size_t i = 0; i < standards->count; i++) {
        const struct aqi_standard *standard = &standards->items[i];
        if (day >= standard->valid_from && day < standard->valid_to)
            return standard;
    }
    return NULL;
}

const struct aqi_standard *aqi_standard_named(const struct aqi_standards *standards,
                                              const char *name)
{
    for (size_t i = 0; i < standards->count; i++) {
        if (str_equal(standards->items[i].name, name))
            return &standards->items[i];
    }
    return NULL;
}
