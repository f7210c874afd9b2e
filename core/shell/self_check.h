/* The self-check: once a week a test letter leaves by every gateway, and is seen to arrive.
 *
 * A way out that is not used rots unseen: a secret that ran out, a gateway that was moved.  The
 * letters are asked for by the act `test`, a fact like every other, and go to the duty officers.
 * What has not been delivered in time is an alarm.  When the last one was is read from the store.
 */
#ifndef SHELL_SELF_CHECK_H
#define SHELL_SELF_CHECK_H

#include "shell/gauges.h"
#include "shell/upkeep_host.h"

struct self_check;
/* NULL when none is configured, or nothing may leave. */
struct self_check *self_check_new(const struct upkeep_host *host);
/* Worker's thread: how the last test letters stand. */
void self_check_look(struct self_check *self_check, const struct view *view);
/* Loop's thread, after a look: tells the metrics, and begins the next one when it is due. */
void self_check_consider(struct self_check *self_check);
void self_check_free(struct self_check *self_check); /* NULL is fine */

#endif
