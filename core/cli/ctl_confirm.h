/* Asking first: before anything that lets letters out to many.
 *
 * What would happen is said on stderr, in words that cannot be read as anything else; then it is
 * asked once.  Each answers an exit code: EXIT_OK to go on. */
#ifndef CLI_CTL_CONFIRM_H
#define CLI_CTL_CONFIRM_H

#include "cli/ctl.h"

/* A plan: the number of its orders is typed; in a script --count or --yes stands for it.  Puts what
 * was seen into the body; *ret_hash is the whole hash, the caller's. */
int ctl_confirm_plan(struct ctl *ctl, const char *named, json_t *body, char **ret_hash);
/* By hand there is no plan yet whose orders could be counted: --count is the daemon's to check,
 * where it wants it, and --yes alone stands for the answer.  `level` "" or "none": it lifts;
 * `alone`: on one signature. */
int ctl_confirm_hand(struct ctl *ctl, const char *what, const char *level, bool alone);
/* A correction or withdrawal of a whole plan or episode: on a terminal only; a script is taken at
 * its word. */
int ctl_confirm_taking_back(struct ctl *ctl, const char *what, bool correction);

#endif
