/* Events: what a turn has to tell the log, kept until it is known that the turn really happened. */
#ifndef SHELL_EVENTS_H
#define SHELL_EVENTS_H

#include "shell/log.h"
#include <stddef.h>
#include <stdint.h>

struct event {
    enum log_level level;
    const char *name; /* static */
    char *text;
    char *line; /* of a decision: as `yujing replay -o jsonl` prints it; else NULL */
};
/* Something that is only counted: no line in the log says it. */
struct event_count {
    const char *metric; /* static; declared in metrics.c */
    char labels[96];    /* as metrics_add takes them */
    int64_t count;
};
enum { EVENT_COUNTS_MAX = 128 };
/* Zero-initialised is empty. */
struct events {
    struct event *items;
    size_t count, capacity;
    struct event_count *counts;
    size_t count_count, count_capacity;
};
void events_add(struct events *events, enum log_level level, const char *name, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
/* The same for a decision, with its line (copied). */
void events_add_line(struct events *events, enum log_level level, const char *name,
                     const char *text, const char *line);
/* Counts one more of `metric{key="value"}`; key and value NULL: without a label.  Beyond
 * EVENT_COUNTS_MAX different ones in a turn nothing is counted. */
void events_tally(struct events *events, const char *metric, const char *key, const char *value);
void events_release(struct events *events); /* empty afterwards */

#endif
