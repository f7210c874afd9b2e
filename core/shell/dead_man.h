/* The dead man's switch: a call to somebody outside, every so often, for as long as we are well.
 *
 * A daemon that hangs, a host that is off, a line that is cut cannot raise an alarm of their own;
 * who is called and is not, can.  Only a live daemon calls: shadow and drill say nothing outside.
 * The address must be https, or listed. */
#ifndef SHELL_DEAD_MAN_H
#define SHELL_DEAD_MAN_H

#include "shell/upkeep_host.h"

struct dead_man;
/* *ret_dead_man is NULL when none is configured, or nothing may leave.  ERR_… with findings. */
int dead_man_new(struct dead_man **ret_dead_man, const struct upkeep_host *host,
                 struct findings *findings);
/* Calls when it is time; `steady` is a clock that is never set. */
void dead_man_consider(struct dead_man *dead_man, bool well, instant_ms steady);
bool dead_man_is_idle(const struct dead_man *dead_man);
/* Nothing may be under way; the memory goes when the loop has run on until its handles are closed.
 * NULL is fine. */
void dead_man_close(struct dead_man *dead_man);

#endif
