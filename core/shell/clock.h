/* The clock: the only place where the time of day is read. */
#ifndef SHELL_CLOCK_H
#define SHELL_CLOCK_H

#include "base/when.h"

struct clock {
    instant_ms (*now)(void *self);
    void *self;
};
struct clock clock_wall(void);
/* The twin for tests: stands at *instant, which the test moves. */
struct clock clock_fake(instant_ms *instant);
instant_ms clock_now(const struct clock *clock);

#endif
