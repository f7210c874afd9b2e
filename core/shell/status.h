/* What a server's answer means for a letter, the same for every channel that speaks HTTP.
 *
 * 2xx alone is success.  What may pass (408, 425, 429, 5xx, no answer at all) is tried again; 410
 * means that the address is no more; every other answer is final, because repeating the same bytes
 * cannot help. */
#ifndef SHELL_STATUS_H
#define SHELL_STATUS_H

#include "shell/channel.h"

struct transfer_answer;

/* *ret_trouble says it in one line, with the beginning of what the server wrote; nothing on
 * success. */
enum outcome status_outcome(const struct transfer_answer *answer, struct buf *ret_trouble);
/* Adds ": " and one line of what the server wrote. */
void status_show(struct buf *trouble, const struct transfer_answer *answer);
/* Tells `done` OUTCOME_REFUSED from the loop, for what must not even be tried; `why` is copied. */
void channel_refuse(uv_loop_t *loop, const char *why, channel_done *done, void *arg);

#endif
