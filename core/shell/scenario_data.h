/* The data of a scenario: what staff write in YAML, turned into facts.
 *
 *   forecast: {at: T+0h, aqi_day: [210, [240, 300], null], primary: pm25}
 *   readings: {stations: all, from: T-24h, pm25: 120x10 180..240x14 _x3}
 *   directive: {level: orange, from: T+0h, until: T+2d, number: …}
 *   incident: {kind: straw_fire, lon: 122.9, lat: 41.9, confidence: 0.9}
 *   decision: {act: approve, by: 值班副市长, plan: pending}
 *   receipt: {kind: done, to: g210181-03-07-2}
 *
 * One reader serves twice: scenario_bind runs it to find mistakes and throws the facts away, and
 * the run calls it again at the moment the inject begins, when that moment and the orders already
 * sent are known. */
#ifndef SHELL_SCENARIO_DATA_H
#define SHELL_SCENARIO_DATA_H

#include "model/fact.h"
#include "model/policy.h"

struct yaml;

struct fact_list {
    struct fact *items;
    size_t count, capacity;
};
/* What the reader must know beside the node. */
struct data_context {
    const struct policy *policy;
    struct arena *arena; /* facts point into it */
    instant_ms start;    /* T */
    instant_ms
        moment;     /* of the inject: what +30m counts from, when a forecast is issued by default */
    const char *id; /* beginning of the facts' ids */
    int serial;     /* makes them unique; starts at 0 */
    const char *plan; /* hash of the proposal that waits, for `plan: pending`; or NULL */
    /* The newest order or task to that recipient, or of that rule; NULL: there is none.  May be
     * NULL. */
    const char *(*order)(void *arg, const char *to, const char *rule);
    void *arg;
    struct findings *findings;
};

/* One map or a list of them.  False when a finding is an error. */
bool data_forecast(struct data_context *context, const struct yaml *node, struct fact_list *list);
bool data_readings(struct data_context *context, const struct yaml *node, struct fact_list *list);
/* Every key of an inject that is data: forecast, readings, directive, incident, decision, receipt.
 */
bool data_inject(struct data_context *context, const struct yaml *inject, struct fact_list *list);
/* True for the keys above. */
bool data_is_key(const char *key);
void fact_list_release(struct fact_list *list); /* the facts stay in their arena */

/* YAML as JSON: quoted scalars are text, bare numbers, true, false and null are what they look
 * like.  Caller owns the reference. */
json_t *json_of_yaml(const struct yaml *node);

#endif
