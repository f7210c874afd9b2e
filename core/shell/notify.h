/* Telling systemd how we are (Type=notify); silent where nobody listens. */
#ifndef SHELL_NOTIFY_H
#define SHELL_NOTIFY_H

/* "READY=1", "STOPPING=1", "STATUS=…"; see sd_notify(3). */
void notify(const char *state);

#endif
