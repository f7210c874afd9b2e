/* Counts: what a finished turn adds to the metrics. */
#ifndef SHELL_COUNTS_H
#define SHELL_COUNTS_H

#include "shell/pipeline.h"
#include "store/store.h"

struct metrics;

/* Right after the turn, before its deliveries are answered and its parcels freed.  `err` is the
 * turn's answer, `trouble` what the store said when it failed. */
void counts_turn(struct metrics *metrics, const struct turn *turn, int err,
                 enum store_trouble trouble, instant_ms now, double seconds);

#endif
