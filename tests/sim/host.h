/* The daemon's process: what loop.c does around store, pipeline, inbox and dispatch, without libuv.
 *
 * It is started, killed at any moment, stopped and continued, and started again by its supervisor.
 */
#ifndef TESTS_SIM_HOST_H
#define TESTS_SIM_HOST_H

#include "sim.h"

struct generation;
struct store;

void host_new(struct sim *sim); /* a machine with an empty disk */
void host_free(struct sim *sim);
/* Plans when it dies, stops, and what its disk and clock suffer. */
void host_begin(struct sim *sim);
/* Whatever asks for a turn gets it. */
void host_poll(struct sim *sim);
/* When it wants to be polled, in true time; INSTANT_NONE: when something comes. */
instant_ms host_due(const struct sim *sim);
bool host_is_up(const struct sim *sim);
int host_lives(const struct sim *sim); /* starts so far */
void host_take(struct sim *sim, struct saying *saying);
/* Between turns; NULL while it is down. */
struct store *host_store(const struct sim *sim);
const struct generation *host_generation(const struct sim *sim);
/* The policy the next start finds in its folder. */
void host_set_folder(struct sim *sim, enum city_policy policy);
/* The wall clock is set. */
void host_set_clock(struct sim *sim, int64_t by_ms);
/* When the wall clock showed that; the first time it did. */
instant_ms host_true_time(const struct sim *sim, instant_ms wall);
int64_t host_turns(const struct sim *sim);

#endif
