/* The record: one fact stepped, and everything it led to written beside it. */
#ifndef SHELL_RECORD_H
#define SHELL_RECORD_H

#include "shell/post.h"

struct shadow;

struct recorder {          /* for one transaction; borrowed */
    struct post *post;     /* its generation's engine decides */
    struct shadow *shadow; /* what else is stepped with every fact; NULL: nothing */
};
/* Steps the engine and writes: a failure for each rule that failed, the fact, its decisions, their
 * letters.  ERR_STORE when the store refuses; then the engine is ahead and no longer to be used. */
int record_fact(struct recorder *recorder, const struct fact *fact);
/* The same for a fact that we state ourselves at fact->arrival (a tick, a policy change): its
 * source is we, its id its place in the journal. */
int record_ours(struct recorder *recorder, struct fact *fact);

#endif
