/* The timekeeper: notices that the wall clock was set, by holding it against one that never is.
 *
 * Spans that were promised (pauses between attempts, deadlines of the chase) are kept: what was to
 * come in an hour still comes in an hour.  A machine that slept has really slept. */
#ifndef SHELL_TIMEKEEPER_H
#define SHELL_TIMEKEEPER_H

#include "shell/clock.h"
#include "shell/events.h"

struct store_tx;

enum { CLOCK_JUMP_MS = 5000 }; /* less is a clock being disciplined */
struct timekeeper {
    struct clock clock;
    instant_ms wall, steady;           /* of the turn in hand */
    instant_ms last_wall, last_steady; /* of the last turn that succeeded; INSTANT_NONE: none did */
};
void timekeeper_init(struct timekeeper *timekeeper, const struct clock *clock);
/* Reads the clocks, once for the whole turn. */
void timekeeper_read(struct timekeeper *timekeeper);
/* Tells of a jump and shifts what is still to come. */
int timekeeper_check(struct timekeeper *timekeeper, struct store_tx *tx, struct events *events);
void timekeeper_committed(struct timekeeper *timekeeper);
/* True when the clock was set since the last turn that succeeded: a turn should see to it. */
bool timekeeper_is_off(const struct timekeeper *timekeeper);

#endif
