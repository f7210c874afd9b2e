/* The air quality index by HJ 633, exactly.
 *
 * The break points are policy data (policies/national/aqi.yaml, one table per standard with its
 * dates); this file knows only how an index is interpolated and rounded.  A concentration is
 * rounded half-even (CO to 0.1, the rest to 1) at the moment it becomes an index; the index is
 * rounded up; above the table it is 500. */
#ifndef MODEL_AQI_H
#define MODEL_AQI_H

#include "base/decimal.h"
#include "model/series.h"
#include <stddef.h>

struct findings;
struct yaml;
struct arena;

/* Which columns of the table a value is looked up in. */
enum aqi_mode { AQI_HOURLY, AQI_DAILY };

enum { AQI_BREAKS_MAX = 12, AQI_UNKNOWN = -1 };

struct aqi_column {
    int count;                    /* break points; 0: the pollutant has no column in this mode */
    micro breaks[AQI_BREAKS_MAX]; /* concentrations, rising */
    int above;                    /* index above the last break point; AQI_UNKNOWN: none is given */
    int places;                   /* decimal places kept when rounding: 1 for CO, else 0 */
};
struct aqi_standard {
    const char *name; /* "HJ633-2026" */
    const char *title, *number; /* of the document: 环境空气质量指数（AQI）技术规定, HJ 633-2026 */
    int64_t valid_from,
        valid_to; /* days since 1970-01-01; valid_to is not included; INT64_MAX: none */
    int count;
    int index[AQI_BREAKS_MAX];               /* 0 50 100 150 200 300 400 500 */
    struct aqi_column column[2][POLLUTANTS]; /* [mode][pollutant] */
    bool missing_forbids; /* a missing pollutant forbids publishing an AQI up to missing_above
                             (2026) */
    int missing_above;    /* 100: beyond it an AQI counts although a pollutant is missing */
    int primary_above;    /* 50: beyond it the AQI has primary pollutants */
    int level_count;
    struct {
        int up_to;
        const char *name;
        const char *colour;
    } levels[8]; /* 50 优 … */
};
/* Standards of a bundle, sorted by valid_from.  Borrowed from the arena it was read into. */
struct aqi_standards {
    const struct aqi_standard *items;
    size_t count;
    int hours_min_day; /* hourly means a daily mean needs: 20 (GB 3095 table 4) */
    int hours_min_8h;  /* hourly means an 8 h ozone mean needs: 6 */
};
/* Reads national/aqi.yaml.  Adds every finding (A…) and fails when one of them is an error. */
int aqi_standards_read(struct arena *arena, const struct yaml *root, struct aqi_standards *ret,
                       struct findings *findings);
/* In force on that day, or NULL. */
const struct aqi_standard *aqi_standard_on(const struct aqi_standards *standards, int64_t day);
const struct aqi_standard *aqi_standard_named(const struct aqi_standards *standards,
                                              const char *name);

/* Index of one concentration, 0..500, or AQI_UNKNOWN for an unknown or negative value or where the
 * table gives none (a column that ends early and says `above: none`). */
int iaqi_of(const struct aqi_standard *standard, enum aqi_mode mode, enum pollutant pollutant,
            struct ratio concentration);

struct aqi {
    int value;        /* or AQI_UNKNOWN */
    unsigned primary; /* bit set of pollutants: all with the largest index, beyond primary_above */
    int iaqi[POLLUTANTS]; /* or AQI_UNKNOWN */
};
/* `values[p].den == 0`: missing.  A pollutant in the bit set `required` that is missing makes an
 * index up to `missing_above` unknown; pollutants outside the bit set `counted` are not looked at.
 */
struct aqi aqi_of(const struct aqi_standard *standard, enum aqi_mode mode,
                  const struct ratio values[POLLUTANTS], unsigned counted, unsigned required);
/* "优" … "严重污染", or NULL. */
const char *aqi_level(const struct aqi_standard *standard, int value);

#endif
