/* Areas: when an hour closes, and what its values are.
 *
 * An area's hour closes when all its stations have reported all pollutants, or settle_after past
 * its end by tick, whichever is first; it always closes.  Closing computes the area's means and
 * every index series that ends with that hour.  A reading that comes later corrects the same
 * values; decisions already made stand. */
#include "base/xalloc.h"
#include "engine/inner.h"

static int64_t hour_of(const struct engine *engine, instant_ms instant)
{
    return (step_start(instant, HOUR_MS, engine->policy->zone) + engine->policy->zone) / HOUR_MS;
}

/* The place of an hour in the rings of an area; by bits, so that hours before 1970 have one too. */
static size_t slot(int64_t hour)
{
    return (size_t)hour & (AREA_HOURS_AHEAD - 1);
}

static instant_ms hour_end(const struct engine *engine, int64_t hour)
{
    return (hour + 1) * HOUR_MS - engine->policy->zone;
}

static int air_series_of(const struct policy *policy, enum pollutant pollutant)
{
    for (size_t i = 0; i < policy->series_count; i++)
        if (policy->series[i].kind == SERIES_MEASURED && policy->series[i].pollutant == pollutant &&
            policy->series[i].step == HOUR_MS)
            return (int)i;
    return -1;
}

void air_init(struct engine *engine)
{
    const struct policy *policy = engine->policy;
    for (int p = 0; p < POLLUTANTS; p++)
        engine->air_series[p] = air_series_of(policy, (enum pollutant)p);
    engine->areas = xcalloc(policy->area_count + 1, sizeof *engine->areas);
    for (size_t i = 0; i < policy->area_count; i++) {
        struct area_state *area = &engine->areas[i];
        area->subject = engine_subject(engine, policy->areas[i].code);
        area->open = STEP_NONE;
        area->since = INSTANT_NONE;
        area->reported = xcalloc(AREA_HOURS_AHEAD, sizeof *area->reported);
        area->closed = xcalloc(AREA_HOURS_AHEAD, sizeof *area->closed);
    }
}

/* ---- values ---- */

/* Mean over the stations that reported a valid value, when they are enough. */
static struct cell mean_of_stations(struct engine *engine, const struct area *area, int series,
                                    int64_t hour)
{
    struct cell mean = {.state = CELL_UNKNOWN};
    for (int i = 0; i < area->station_count; i++) {
        int subject = engine_subject(engine, engine->policy->stations[area->stations[i]].id);
        const struct track *track = engine_track_find(engine, subject, series);
        const struct cell *cell = track ? track_cell(track, hour) : NULL;
        if (cell && cell->state == CELL_KNOWN) {
            mean.num += cell->num;
            mean.den++;
        }
    }
    micro asked = engine->policy->stations_min_share * area->station_count;
    if (mean.den > 0 && (micro)mean.den * MICRO >= asked)
        mean.state = CELL_KNOWN;
    else
        mean.num = mean.den = 0;
    return mean;
}

static struct ratio hour_value(const struct track *track, int64_t hour)
{
    return track ? track_measured(track, hour).value : (struct ratio){0, 0};
}

/* Mean of the valid hours among `count` that end with `last`; unknown when fewer than `needed`. */
static struct ratio mean_of_hours(const struct track *track, int64_t last, int count, int needed)
{
    struct ratio values[24];
    int valid = 0;
    for (int i = 0; i < count; i++) {
        struct ratio value = hour_value(track, last - i);
        if (value.den > 0)
            values[valid++] = value;
    }
    return valid >= needed ? ratio_mean(values, valid) : (struct ratio){0, 0};
}

/* Largest of the 8 h means that lie wholly within the 24 h that end with `last`. */
static struct ratio ozone_8h(const struct policy *policy, const struct track *track, int64_t last)
{
    struct ratio largest = {0, 0};
    for (int64_t end = last - 16; end <= last; end++) {
        struct ratio mean = mean_of_hours(track, end, 8, policy->hours_min_8h);
        if (mean.den > 0 && (largest.den == 0 || mean.num * largest.den > largest.num * mean.den))
            largest = mean;
    }
    return largest;
}

static struct ratio concentration(const struct engine *engine, const struct track *track,
                                  enum pollutant pollutant, span_ms span, int64_t last)
{
    if (span == HOUR_MS)
        return hour_value(track, last);
    if (pollutant == O3)
        return ozone_8h(engine->policy, track, last);
    return mean_of_hours(track, last, 24, engine->policy->hours_min_day);
}

static struct aqi index_of(struct engine *engine, const struct area_state *area,
                           const struct series *series, int64_t last)
{
    const struct policy *policy = engine->policy;
    struct ratio values[POLLUTANTS] = {{0, 0}};
    for (int p = 0; p < POLLUTANTS; p++)
        if (policy->pollutants & 1u << p && engine->air_series[p] >= 0)
            values[p] = concentration(
                engine, engine_track_find(engine, area->subject, engine->air_series[p]),
                (enum pollutant)p, series->span, last);
    int64_t day = civil_day(hour_end(engine, last) - HOUR_MS, policy->zone);
    const struct aqi_standard *standard = aqi_standard_on(&policy->standards, day);
    struct aqi none = {.value = AQI_UNKNOWN};
    for (int p = 0; p < POLLUTANTS; p++)
        none.iaqi[p] = AQI_UNKNOWN;
    if (!standard)
        return none;
    return aqi_of(standard, series->span == HOUR_MS ? AQI_HOURLY : AQI_DAILY, values,
                  policy->pollutants, policy->required);
}

static int32_t learnt_after(const struct engine *engine, int64_t hour)
{
    int64_t after = (engine->now - hour_end(engine, hour)) / SECOND_MS;
    return after > INT32_MAX ? INT32_MAX : (int32_t)after;
}

static void put_index(struct engine *engine, const struct area_state *area, int number,
                      int64_t hour)
{
    const struct series *series = &engine->policy->series[number];
    struct aqi aqi = index_of(engine, area, series, hour);
    int value = series->kind == SERIES_AQI ? aqi.value : aqi.iaqi[series->pollutant];
    struct cell cell = {.state = CELL_UNKNOWN, .learnt_s = learnt_after(engine, hour)};
    if (value != AQI_UNKNOWN) {
        cell.state = CELL_KNOWN;
        cell.num = (int64_t)value * MICRO;
        cell.den = 1;
        cell.primary = (uint8_t)aqi.primary;
    }
    int64_t step = series->step == HOUR_MS ? hour : (hour + 1) * HOUR_MS / series->step - 1;
    struct track *track = engine_track(engine, area->subject, number);
    track_put(track, step, cell);
    watch_value(engine, track);
}

static bool derives(const struct series *series)
{
    return (series->kind == SERIES_AQI || series->kind == SERIES_IAQI) &&
           (series->span == HOUR_MS || series->span == DAY_MS);
}

/* Index series whose value at `hour` looks at `changed`, an hour at or before it. */
static void put_indices(struct engine *engine, const struct area_state *area, int64_t hour,
                        int64_t changed)
{
    const struct policy *policy = engine->policy;
    for (size_t i = 0; i < policy->series_count; i++) {
        const struct series *series = &policy->series[i];
        if (!derives(series) || (series->span == HOUR_MS && hour != changed))
            continue;
        bool day_ends = (hour + 1) % 24 == 0;
        if (series->step == HOUR_MS || (series->step == DAY_MS && day_ends))
            put_index(engine, area, (int)i, hour);
    }
}

static void put_means(struct engine *engine, int number, int64_t hour)
{
    struct area_state *area = &engine->areas[number];
    for (int p = 0; p < POLLUTANTS; p++) {
        if (!(engine->policy->pollutants & 1u << p) || engine->air_series[p] < 0)
            continue;
        struct cell cell =
            mean_of_stations(engine, &engine->policy->areas[number], engine->air_series[p], hour);
        cell.learnt_s = learnt_after(engine, hour);
        struct track *track = engine_track(engine, area->subject, engine->air_series[p]);
        track_put(track, hour, cell);
        watch_value(engine, track);
    }
}

/* ---- closing ---- */

static int reports_wanted(const struct engine *engine, int number)
{
    int pollutants = 0;
    for (int p = 0; p < POLLUTANTS; p++)
        pollutants += engine->policy->pollutants & 1u << p && engine->air_series[p] >= 0;
    return engine->policy->areas[number].station_count * pollutants;
}

static void close_hour(struct engine *engine, int number, int64_t hour)
{
    put_means(engine, number, hour);
    put_indices(engine, &engine->areas[number], hour, hour);
    struct area_state *area = &engine->areas[number];
    area->closed[slot(hour)] = true;
    while (area->closed[slot(area->open)]) {
        area->closed[slot(area->open)] = false;
        area->reported[slot(area->open)] = 0;
        area->open++;
    }
    warning_evaluate_area(engine, number);
}

/* A closed hour is computed again, and every closed index that covers it.  No evaluation: the next
 * one will see the corrected series. */
static void correct_hour(struct engine *engine, int number, int64_t hour)
{
    struct area_state *area = &engine->areas[number];
    put_means(engine, number, hour);
    for (int64_t later = hour; later < hour + 24 && later < area->open; later++)
        put_indices(engine, area, later, hour);
}

void air_heard(struct engine *engine, int number)
{
    struct area_state *area = &engine->areas[number];
    if (area->open == STEP_NONE && engine->policy->areas[number].station_count > 0) {
        area->open = hour_of(engine, engine->now - engine->policy->settle_after);
        area->since = engine->now;
    }
}

static bool air_pollutant(const struct engine *engine, int series)
{
    for (int p = 0; p < POLLUTANTS; p++)
        if (engine->policy->pollutants & 1u << p && engine->air_series[p] == series)
            return true;
    return false;
}

/* Called after the station's value was put at hour `step`; `fresh`: the hour had none before. */
bool air_reading(struct engine *engine, const struct subject *subject, const struct track *track,
                 int64_t step, bool fresh)
{
    int number = engine->policy->stations[subject->station].area;
    if (number < 0 || !air_pollutant(engine, track->series))
        return false;
    struct area_state *area = &engine->areas[number];
    air_heard(engine, number);
    if (step < area->open || (step - area->open < AREA_HOURS_AHEAD && area->closed[slot(step)])) {
        correct_hour(engine, number, step);
        return false;
    }
    if (!fresh || step - area->open >= AREA_HOURS_AHEAD)
        return false; /* said again, or far ahead of its time: it waits in its track until the tick
                         closes its hour */
    if (++area->reported[slot(step)] < reports_wanted(engine, number))
        return false;
    close_hour(engine, number, step);
    return true;
}

instant_ms air_due(const struct engine *engine)
{
    instant_ms due = INSTANT_NONE;
    for (size_t i = 0; i < engine->policy->area_count; i++) {
        if (engine->areas[i].open == STEP_NONE)
            continue;
        instant_ms at = hour_end(engine, engine->areas[i].open) + engine->policy->settle_after;
        if (due == INSTANT_NONE || at < due)
            due = at;
    }
    return due;
}

void air_tick(struct engine *engine)
{
    for (size_t i = 0; i < engine->policy->area_count; i++) {
        struct area_state *area = &engine->areas[i];
        while (area->open != STEP_NONE &&
               hour_end(engine, area->open) + engine->policy->settle_after <= engine->now)
            close_hour(engine, (int)i, area->open);
    }
}
