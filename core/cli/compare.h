/* Compare: two replays of the same facts under two policies.
 *
 * Episodes of one rule and subject are paired when they overlap in time, the greatest overlap first
 * come; the rest stand alone.  Recipients are compared by everything they were told, in order. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/chronicle.h"

struct episode_pair {
    const struct episode *before, *after; /* one may be NULL */
    bool same;                            /* the same passages at the same times */
};
enum change { CHANGE_NONE, CHANGE_BOUND, CHANGE_FREED, CHANGE_MEASURES, CHANGE_TIMES, CHANGES };
struct recipient_change {
    const char *id; /* borrowed from the chronicles */
    enum change change;
    size_t orders[2]; /* before, after */
    span_ms bound[2]; /* for how long it had anything to do */
};
struct comparison {
    struct episode_pair *pairs;
    size_t pair_count;
    struct recipient_change *recipients; /* all that were told anything, by id */
    size_t recipient_count;
    size_t changes[CHANGES];
};
/* `end`: when the replays ended; what was open then counts up to it. */
void compare(struct comparison *ret_comparison, const struct chronicle *before,
             const struct chronicle *after, instant_ms end);
void comparison_release(struct comparison *comparison);
/* The largest share of any passage's plan, per pollutant; false when no passage had one. */
bool episode_peak_shares(const struct chronicle *chronicle, const struct episode *episode,
                         struct share ret[EMISSIONS]);

#endif
