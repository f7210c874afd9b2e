/* Health: whether we work, and whether facts may be sent to us.
 *
 * Alive: turns come to an end; one who is not alive should be restarted.  Ready: the store can be
 * written, its disk has room, a policy is in force, and the clock is not behind what the journal
 * already says; one who is not ready should be left alone, and looked at. */
#ifndef SHELL_HEALTH_H
#define SHELL_HEALTH_H

#include "base/when.h"
#include <stdbool.h>

struct buf;

struct health {
    bool alive;
    bool store_writable; /* the last turn was committed */
    bool room;           /* the disk is above its low-water mark */
    bool policy;         /* one is in force */
    bool fallback;       /* it stands in for a broken folder: ready all the same */
    bool clock;
    span_ms turn_age; /* since the last turn that succeeded; steady time */
};
bool health_ready(const struct health *health);
/* {"ready":…,"store_writable":…, …}: for who may know more than yes and no. */
void health_print(struct buf *ret_json, const struct health *health);

#endif
