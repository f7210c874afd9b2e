/* Review: readings that are well written and will count for nothing.
 *
 * The engine passes over what a policy does not know, and takes what lies outside a series' bounds
 * for unknown.  In silence that looks like clean air.  So a feed is held against the policy it was
 * read for, and each slip is told of once, however many rows have it. */
#ifndef MODEL_FEED_REVIEW_H
#define MODEL_FEED_REVIEW_H

#include "base/err.h"

struct fact;
struct feed;
struct intern;
struct policy;

/* Of a sorted feed that was made with a policy.  Adds a warning (N040 … N045) for each unknown
 * subject and series, and for each series with values out of bounds, unknown flags, times beside
 * its steps, or another period: with the place of the first and their number.  Sorted by place. */
void feed_review(const struct feed *feed, struct findings *findings);

enum { SLIPS_TOLD_MAX = 1000 }; /* names that nobody knows can be made up without end */

/* For one who takes in facts for ever: the same, without what stands in `told` already; what is
 * told now is added to it, up to SLIPS_TOLD_MAX. */
void feed_review_new(const struct feed *feed, struct intern *told, struct findings *findings);
/* The same of a single fact, which was read at `place`. */
void fact_review_new(const struct policy *policy, const struct fact *fact, struct place place,
                     struct intern *told, struct findings *findings);

#endif
