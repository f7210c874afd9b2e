/* Events: what a turn has to tell the log, kept until it is known that the turn really happened. */
#ifndef SHELL_EVENTS_H
#define SHELL_EVENTS_H

#include "shell/log.h"
#include <stddef.h>

struct event {
    enum log_level level;
    const char *name; /* static */
    char *text;
};
/* Zero-initialised is empty. */
struct events {
    struct event *items;
    size_t count, capacity;
};
void events_add(struct events *events, enum log_level level, const char *name, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
void events_release(struct events *events); /* empty afterwards */

#endif
