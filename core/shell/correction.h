/* Correcting and withdrawing letters: what people do about what should not have been sent.
 *
 * A correction goes to exactly those to whom the wrong letter was attempted, by the same gateways
 * and addresses; what of it had not left is cancelled.  Whoever is to answer a corrected letter
 * still is, and is chased; whoever is to answer a withdrawn one is not.  The same is not done
 * twice: not a second withdrawal of a letter, nor a second correction in the same words. */
#ifndef SHELL_CORRECTION_H
#define SHELL_CORRECTION_H

#include "shell/post.h"

struct buf;
/* Does what the decision, to correct or to withdraw, says to the letters it names. */
int correction_apply(struct post *post, const struct fact *fact);
/* Whether a decision would still do something, before it is journaled: 0 (also for every other
 * act), ERR_INVALID with the sentence for the person, or ERR_STORE. */
int correction_check(struct store *store, const struct fact *fact, span_ms zone,
                     struct buf *ret_why);
/* Whether the one letter that the decision names was closed by such an act, though nothing of it
 * may have left: 1, 0 (also when there is no such letter), ERR_STORE. */
int correction_has_closed(struct store *store, const struct fact *fact);

#endif
