/* What a turn has led to, told to whom it concerns.  From the loop. */
#ifndef SHELL_UPSHOT_H
#define SHELL_UPSHOT_H

#include <stddef.h>

struct daemon;
struct turn;

/* All but the answers to its facts: letters leave, the log and the metrics hear of it, questions
 * are answered.  `err`: of the turn. */
void upshot_tell(struct daemon *daemon, struct turn *turn, int err);
/* After a turn that was committed: answers its deliveries and lets go of what it was asked.  How
 * many facts they had. */
size_t upshot_answer(struct turn *turn);

#endif
