/* The six pollutants of HJ 633, in the order in which everything here counts them, and the states
 * of a series. */
#include "model/series.h"
#include "base/str.h"
#include <assert.h>

static const struct {
    const char *key, *label;
} pollutants[POLLUTANTS] = {
    [PM25] = {"pm25", "PM2.5"}, [PM10] = {"pm10", "PM10"}, [SO2] = {"so2", "SO2"},
    [NO2] = {"no2", "NO2"},     [CO] = {"co", "CO"},       [O3] = {"o3", "O3"},
};

const char *pollutant_key(enum pollutant pollutant)
{
    assert(pollutant >= 0 && pollutant < POLLUTANTS);
    return pollutants[pollutant].key;
}

const char *pollutant_label(enum pollutant pollutant)
{
    assert(pollutant >= 0 && pollutant < POLLUTANTS);
    return pollutants[pollutant].label;
}

enum pollutant pollutant_of(const char *key)
{
    for (enum pollutant pollutant = 0; pollutant < POLLUTANTS; pollutant++) {
        if (str_equal(key, pollutants[pollutant].key))
            return pollutant;
    }
    return POLLUTANT_NONE;
}

int series_state(const struct series *series, const char *name)
{
    for (int i = 0; i < series->state_count; i++) {
        if (str_equal(series->states[i], name))
            return i;
    }
    return -1;
}
