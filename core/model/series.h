/* Series: what a value means.
 *
 * `series.yaml` of the bundle names every series a reading or a forecast may carry: step, span,
 * unit, bounds, the codes it is read from, and which flags are valid, invalid or mean "stopped".  A
 * few series are derived by the engine for an area (aqi_hour, aqi_24h, aqi_day, iaqi_*); they are
 * named there too. */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include "base/decimal.h"
#include "base/when.h"
#include <stdbool.h>

/* How the engine comes to a value of an area's series. */
enum series_kind {
    SERIES_MEASURED, /* arrives in readings (a station's, an outlet's, a meter's) */
    SERIES_AQI,      /* index over all pollutants */
    SERIES_IAQI,     /* index of one pollutant */
    SERIES_STATE,    /* a measured state: compared with `is` and `one_of`, values are small codes */
};

enum pollutant { PM25, PM10, SO2, NO2, CO, O3, POLLUTANTS, POLLUTANT_NONE = -1 };
const char *pollutant_key(enum pollutant pollutant);   /* "pm25" */
const char *pollutant_label(enum pollutant pollutant); /* "PM2.5", as HJ 633 writes it in ASCII */
enum pollutant pollutant_of(const char *key);

struct series {
    const char *name;
    enum series_kind kind;
    enum pollutant pollutant; /* of an AIR concentration or an IAQI; POLLUTANT_NONE otherwise */
    span_ms step;             /* distance between values */
    span_ms span;             /* what one value covers; it ends where the step ends */
    const char *unit;
    micro low, high;           /* readings outside are invalid */
    const char *const *states; /* SERIES_STATE: names; the value is the position × MICRO */
    int state_count;
    const char *const *codes; /* HJ 212 codes it is read from, e.g. a34004 */
    int code_count;
    const char *valid_flags;   /* letters, e.g. "N"; a reading without a flag is valid */
    const char *stopped_flags; /* letters that mean "stopped", e.g. "F": the value counts as 0 */
};
int series_state(const struct series *series, const char *name); /* position, or -1 */

#endif
