/* The chase: orders whose acknowledgement is waited for, reminded of, and escalated.
 *
 * A letter of the ladder has an id derived from order, rung and number, so each is made once,
 * whatever happens in between.  When several letters of one rung are overdue at once (the process
 * was stopped, the clock leapt) only the newest is sent.  Whoever has acknowledged, refused or done
 * is not chased: letter_end takes the chase away in the transaction of the receipt.  A correction
 * ends no chase, and may be answered in its order's place. */
#ifndef SHELL_CHASE_H
#define SHELL_CHASE_H

#include "shell/post.h"

/* An order has been made: begins its chase, when the policy waits for an answer at that level. */
int chase_begin(struct post *post, const struct letter *order);
/* Sends what is due.  *ret_due: when to look again (wall clock); INSTANT_NONE: nobody is chased. */
int chase_run(struct post *post, instant_ms *ret_due);
/* A receipt: keeps it, and ends the chase and whatever of the letter still waits when it is an
 * answer. */
int chase_receipt(struct post *post, const struct fact *receipt);

#endif
