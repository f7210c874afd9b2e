/* The time of day, real or told. */
#include "shell/clock.h"
#include <stddef.h>
#include <time.h>

static instant_ms read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (instant_ms)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

static instant_ms read_wall(void *self)
{
    (void)self;
    return read_clock(CLOCK_REALTIME);
}

static instant_ms read_steady(void *self)
{
    (void)self;
    return read_clock(CLOCK_BOOTTIME);
}

static instant_ms read_told(void *self)
{
    return *(instant_ms *)self;
}

struct clock clock_wall(void)
{
    return (struct clock){read_wall, NULL, read_steady, NULL};
}

struct clock clock_fake(instant_ms *instant)
{
    return (struct clock){read_told, instant, NULL, NULL};
}

struct clock clock_fake_set(instant_ms *instant, instant_ms *steady)
{
    return (struct clock){read_told, instant, read_told, steady};
}

instant_ms clock_now(const struct clock *clock)
{
    return clock->now(clock->self);
}

instant_ms clock_steady(const struct clock *clock)
{
    return clock->steady ? clock->steady(clock->steady_self) : clock_now(clock);
}
