/* The succession: which policy is in force, and how one takes over from another.
 *
 * A policy comes into force out of the store, whole, with the state of the one before, and a policy
 * fact says so in the journal; or nothing changes.  Three things ask for it: a start (the
 * configured folder), the act `reload`, and the act `rollback`.  A policy that was rolled back from
 * is not taken up again by a mere restart. */
#ifndef SHELL_SUCCESSION_H
#define SHELL_SUCCESSION_H

#include "shell/record.h"
#include "shell/shadow.h"

struct succession {
    struct store *store; /* borrowed, like all but the generation */
    const struct engine_options *options;
    const struct bundle *folders;  /* the folder's; or NULL */
    const struct bundle *wanted;   /* the same, until it has been considered */
    const char *with_json;         /* the overrides it was loaded with, or NULL */
    struct generation *generation; /* NULL before the first turn, after a failure, and while
                                      nothing is known */
    struct shadow shadow;
    bool considered; /* in this turn: keep after the commit */
};
void succession_init(struct succession *succession, struct store *store,
                     const struct engine_options *options, const struct bundle *wanted,
                     const char *with_json);
void succession_release(struct succession *succession);

/* The folder's policy, should it not be in force.  `findings` are errors only when there is no
 * policy at all to go on with. */
int succession_start(struct succession *succession, struct recorder *recorder, instant_ms at,
                     struct findings *findings);
/* The commit succeeded: the folder's policy need not be considered again. */
void succession_committed(struct succession *succession);
/* The acts reload and rollback, after their fact was recorded.  `offered` is the policy that came
 * with the act, loaded afresh, or NULL: then the act's `plan` is a hash of the archive.  The text
 * "shadow" makes it the shadow; with the plan "none" the shadow ends. */
int succession_act(struct succession *succession, struct recorder *recorder,
                   const struct fact *fact, const struct bundle *offered);

#endif
