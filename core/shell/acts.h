/* Acts: what people decide about the daemon itself, done when the fact is journaled: pause and
 * resume, correct and withdraw (correction.h), test.  (What concerns a warning is the engine's;
 * what concerns the policy is succession.h's.) */
#ifndef SHELL_ACTS_H
#define SHELL_ACTS_H

#include "shell/post.h"

/* `fact` is a decision that was just recorded. */
int acts_apply(struct post *post, const struct fact *fact);
/* CAP's chain: "ID,SENT …" of the public letters of an episode so far, but for those that were
 * cancelled before they left; caller frees; NULL: none. */
char *acts_references(struct post *post, const char *episode);

#endif
