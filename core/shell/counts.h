/* Counts: what a finished turn adds to the metrics. */
#ifndef SHELL_COUNTS_H
#define SHELL_COUNTS_H

#include "shell/pipeline.h"
#include "store/store.h"

struct gateways;
struct metrics;

/* At the start.  Counters that are alarms stand at nothing from then on: one that only appears with
 * its first event has not increased, for whoever watches, and the first event would be missed. */
void counts_begin(struct metrics *metrics, const struct gateways *gateways);

/* Right after the turn, before its deliveries are answered and its parcels freed.  `err` is the
 * turn's answer, `trouble` what the store said when it failed. */
void counts_turn(struct metrics *metrics, const struct turn *turn, int err,
                 enum store_trouble trouble, instant_ms now, double seconds);

#endif
