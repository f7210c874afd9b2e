/* The time of day, real or told. */
#include "shell/clock.h"
#include <stddef.h>
#include <time.h>

static instant_ms read_wall(void *self)
{
    (void)self;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (instant_ms)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

static instant_ms read_told(void *self)
{
    return *(instant_ms *)self;
}

struct clock clock_wall(void)
{
    return (struct clock){read_wall, NULL};
}

struct clock clock_fake(instant_ms *instant)
{
    return (struct clock){read_told, instant};
}

instant_ms clock_now(const struct clock *clock)
{
    return clock->now(clock->self);
}
