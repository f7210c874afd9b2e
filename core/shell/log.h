/* The log: one line of text for each event, on stderr.
 *
 *     2015-11-08T15:30:00+08:00 alarm store.full: there is no room for the store
 *
 * The instant is the wall clock's; the word before the colon names the kind of event and does not
 * change with the language. */
#ifndef SHELL_LOG_H
#define SHELL_LOG_H

#include "shell/clock.h"
#include <stdio.h>

struct findings;

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_ALARM };
struct log {
    FILE *stream; /* NULL: silent */
    struct clock clock;
    span_ms zone;
};
void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
/* One line for each finding, its place first. */
void log_findings(const struct log *log, const char *event, const struct findings *findings);

#endif
