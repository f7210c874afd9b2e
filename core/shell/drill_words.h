/* What no text of a drill may say: that it is none.
 *
 * In Hawaii in 2018 a drill's script said “exercise” and “this is not a drill” in one breath.  So a
 * policy whose notices deny that they are a drill does not start a drill, and what still says so
 * when it is about to leave is held back. */
#ifndef SHELL_DRILL_WORDS_H
#define SHELL_DRILL_WORDS_H

#include <stddef.h>

struct bundle;
struct findings;

/* The word that denies it, or NULL. */
const char *drill_denied(const void *text, size_t size);
/* All notices of the policy.  ERR_INVALID with findings (D083). */
int drill_words_check(const struct bundle *bundle, struct findings *findings);

#endif
