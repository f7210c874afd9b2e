/* The small city: 20 stations, 50 enterprises at a dozen hosts, three districts, an enforcement
 * team, three duty officers; its policies, gateways and weather. */
#ifndef TESTS_SIM_CITY_H
#define TESTS_SIM_CITY_H

#include "rng.h"
#include "shell/routing.h"

struct bundle;
struct sim;

enum { CITY_STATIONS = 20, CITY_ENTERPRISES = 50, CITY_HOSTS = 12, CITY_DAYS_MAX = 4000 };
enum city_policy { POLICY_FIRST, POLICY_SECOND, POLICY_THIRD, POLICY_BROKEN, CITY_POLICIES };
enum city_gateway { GATEWAY_HOOK, GATEWAY_MAIL, GATEWAY_SMS, GATEWAY_FILE, CITY_GATEWAYS };

struct city {
    struct bundle *policies[CITY_POLICIES];
    struct gateway items[CITY_GATEWAYS];
    struct gateways gateways;
    struct routing *routing;
    struct arena arena;
    int pm25[CITY_DAYS_MAX]; /* daily means, µg/m³ */
};
/* What the gateways are configured for; the controls break the gateways, not these. */
struct city_bounds {
    int64_t rate, burst; /* letters a second; at once */
    int per_host, concurrency, attempts_max;
};
extern const struct city_bounds city_bounds[CITY_GATEWAYS];

void city_make(struct sim *sim);
void city_release(struct city *city);
/* Plans the monitors' and the forecasters' days. */
void city_begin(struct sim *sim);
int city_gateway(const struct city *city, const char *name);
/* How often a rung of the policy's ladder may fire at one recipient for one order. */
enum { CITY_REMINDERS = 2, CITY_ACKNOWLEDGE_MS = 3600000 };

#endif
