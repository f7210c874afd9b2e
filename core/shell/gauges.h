/* Gauges: what is measured when somebody looks, in two halves.
 *
 * The worker's thread takes the figures out of engine and store after a commit; the loop's thread
 * puts them into the metrics.  So a scrape never touches what a turn is working on.
 *
 * What could not be measured is absent from the metrics and counted, never zero: zero letters lost
 * is good news, and must not come of a store that cannot be read. */
#ifndef SHELL_GAUGES_H
#define SHELL_GAUGES_H

#include "shell/pipeline.h"
#include "store/outbox.h"

struct metrics;

enum { GAUGES_OUTBOX_MAX = GATEWAYS_MAX * OUTBOX_STATES };
/* What is read by itself, and may fail by itself. */
enum gauges_part {
    GAUGES_OUTBOX,
    GAUGES_CHASES,
    GAUGES_GENERATIONS,
    GAUGES_SIZE, /* of the files */
    GAUGES_PARTS
};
struct gauges {
    bool taken; /* at least once; until then all is zero */
    instant_ms now;
    bool policy; /* one is in force */
    bool paused;
    span_ms behind; /* the wall clock behind the last fact; ≤ 0: it is not */
    int64_t episodes, proposals, chased, overdue, generations;
    int64_t store_bytes, free_bytes;
    struct gauges_outbox {
        char gateway[64];
        enum outbox_state state;
        int64_t count;
        instant_ms oldest;
    } outbox[GAUGES_OUTBOX_MAX];
    int outbox_count;
    bool failed[GAUGES_PARTS];
    char trouble[200]; /* of the first that failed */
};
/* Worker's thread, from a question's `answer`. */
void gauges_take(struct gauges *ret_gauges, const struct view *view);
/* Loop's thread. */
void gauges_put(const struct gauges *gauges, struct metrics *metrics);
/* Loop's thread, once for each taking: counts what failed.  Whether anything did. */
bool gauges_count_failures(const struct gauges *gauges, struct metrics *metrics);

#endif
