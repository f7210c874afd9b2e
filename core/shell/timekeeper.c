/* Two clocks compared. */
#include "shell/timekeeper.h"
#include "base/buf.h"
#include "base/lang.h"
#include "engine/decision_words.h"
#include "store/chases.h"
#include "store/outbox.h"

void timekeeper_init(struct timekeeper *timekeeper, const struct clock *clock)
{
    *timekeeper = (struct timekeeper){
        .clock = *clock, .last_wall = INSTANT_NONE, .last_steady = INSTANT_NONE};
}

void timekeeper_read(struct timekeeper *timekeeper)
{
    timekeeper->wall = clock_now(&timekeeper->clock);
    timekeeper->steady = clock_steady(&timekeeper->clock);
}

static span_ms jump(const struct timekeeper *timekeeper, instant_ms wall, instant_ms steady)
{
    if (timekeeper->last_wall == INSTANT_NONE)
        return 0;
    span_ms span = (wall - timekeeper->last_wall) - (steady - timekeeper->last_steady);
    return span >= CLOCK_JUMP_MS || span <= -CLOCK_JUMP_MS ? span : 0;
}

bool timekeeper_is_off(const struct timekeeper *timekeeper)
{
    return jump(timekeeper, clock_now(&timekeeper->clock), clock_steady(&timekeeper->clock)) != 0;
}

int timekeeper_check(struct timekeeper *timekeeper, struct store_tx *tx, struct events *events)
{
    span_ms by = jump(timekeeper, timekeeper->wall, timekeeper->steady);
    if (by == 0)
        return 0;
    struct buf span = {0};
    words_span(&span, by > 0 ? by : -by);
    events_add(events, LOG_ALARM, "clock.jump",
               by > 0 ? tr("the wall clock was set forward by %s; deadlines keep their spans",
                           "系统时钟被拨快 %s；各项时限按实际经过时间顺延")
                      : tr("the wall clock was set back by %s; deadlines keep their spans",
                           "系统时钟被拨慢 %s；各项时限按实际经过时间计算"),
               buf_str(&span));
    buf_release(&span);
    int err = outbox_shift(tx, by);
    return err < 0 ? err : chase_shift(tx, by);
}

void timekeeper_committed(struct timekeeper *timekeeper)
{
    timekeeper->last_wall = timekeeper->wall;
    timekeeper->last_steady = timekeeper->steady;
}
