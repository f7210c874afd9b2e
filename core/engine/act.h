/* What the files of acts share: act_refusal.c says when an act does not count, act.c takes it. */
#ifndef ENGINE_ACT_H
#define ENGINE_ACT_H

#include "engine/warning.h"

/* What an act by hand would do. */
struct hand {
    struct wish wish;
    int kind;
    struct plan *plan;    /* NULL: nothing would change, or a selector failed */
    const char *failure;  /* of the selector, or NULL */
    const char *oversize; /* in words, or NULL */
};
struct hand hand_of(struct engine *engine, const struct ladder *ladder, int level);
bool hand_needs_two(const struct engine *engine, const struct ladder *ladder, int level,
                    const struct hand *hand);
/* The first signature under the same act, as long as the warning is what it was then; or NULL. */
const char *hand_signed_by(const struct ladder *ladder, int level);
/* Whether an act on a plan means what was ordered by hand: it names that plan, or names none and
 * nothing else waits. */
bool hand_meant(const struct ladder *ladder, const struct fact *fact);
bool proposal_needs_two(const struct engine *engine, const struct ladder *ladder,
                        const struct proposal *proposal);

bool says_why(const struct decision_fact *decision);
/* True when the decision is about this ladder. */
bool act_concerns(struct engine *engine, const struct ladder *ladder, const struct fact *fact);
/* Why the act does not count, in fixed words; NULL: it does.  Changes nothing. */
const char *act_refusal(struct engine *engine, const struct ladder *ladder,
                        const struct fact *fact);

#endif
