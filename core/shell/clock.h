/* The clock: the only place where the time of day is read. */
#ifndef SHELL_CLOCK_H
#define SHELL_CLOCK_H

#include "base/when.h"

struct clock {
    instant_ms (*now)(void *self);
    void *self;
    instant_ms (*steady)(void *self); /* NULL: as `now` */
    void *steady_self;
};
struct clock clock_wall(void);
/* The twin for tests: stands at *instant, which the test moves; it is never set. */
struct clock clock_fake(instant_ms *instant);
/* The same with a wall clock that can be set: true time passes in *steady. */
struct clock clock_fake_set(instant_ms *instant, instant_ms *steady);
instant_ms clock_now(const struct clock *clock);
/* A clock that nobody sets, from an arbitrary beginning; it goes on while the machine sleeps. */
instant_ms clock_steady(const struct clock *clock);

#endif
