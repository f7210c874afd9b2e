/* What a gateway's answer means for the letter: the table of status.h, and what the gateway says
 * within a 200. */
#ifndef SHELL_HTTP_VERDICT_H
#define SHELL_HTTP_VERDICT_H

#include "shell/channel.h"

struct http_success;
struct transfer_answer;

/* *ret_trouble as status_outcome has it; *ret_id: the gateway's own number for the letter, when it
 * was asked for and is there. */
enum outcome http_verdict(const struct http_success *success, const struct transfer_answer *answer,
                          struct buf *ret_trouble, struct buf *ret_id);

#endif
