/* Telling systemd how we are (Type=notify); silent where nobody listens.  See sd_notify(3). */
#ifndef SHELL_NOTIFY_H
#define SHELL_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". */
void notify(const char *state);
/* "RELOADING=1" with the instant that systemd wants beside it; notify("READY=1") ends it. */
void notify_reloading(void);
/* How often systemd's watchdog wants a sign of life, at the least; 0: there is no watchdog. */
int64_t notify_watchdog_ms(void);

#endif
