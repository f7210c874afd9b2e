/* The log: one line for each event, on stderr, as text or as JSON.
 *
 *     2015-11-08T15:30:00+08:00 alarm store.full: there is no room for the store
 *     {"ts":"2015-11-08T15:30:00+08:00","level":"alarm","event":"store.full","text":"there is no
 * …"}
 *
 * The instant is the wall clock's; the event's name does not change with the language.  Secrets are
 * struck out of every line, telephone numbers and mail addresses are shortened.  Where journald
 * reads, each line begins with its priority (<3>).  Of one event no more than a bounded number of
 * lines are written in a minute; how many more there were is said when the minute is over: the
 * disk must not be filled by a sender who repeats himself. */
#ifndef SHELL_LOG_H
#define SHELL_LOG_H

#include "shell/clock.h"
#include <stdio.h>

struct buf;
struct finding;
struct findings;
struct log_limit;

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_ALARM };
enum log_format { LOG_TEXT, LOG_JSON };
struct log {
    FILE *stream; /* NULL: silent */
    struct clock clock;
    span_ms zone;
    enum log_format format;
    bool priorities;         /* journald reads the stream: see log_is_journal */
    struct log_limit *limit; /* NULL: everything is written */
};
void log_event(const struct log *log, enum log_level level, const char *event, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
/* The same with the decision it is about, as JSON (or NULL): its rule, episode and order become
 * fields. */
void log_decision(const struct log *log, enum log_level level, const char *event, const char *text,
                  const char *json);
/* One line for each finding, its place first. */
void log_findings(const struct log *log, const char *event, const struct findings *findings);
/* "FILE:LINE:COL: ", without the line or column that is not known, and without a file nothing. */
void log_place(struct buf *buf, const struct finding *finding);

/* True when the stream is the socket that systemd named in JOURNAL_STREAM. */
bool log_is_journal(FILE *stream);
/* At most so many lines of one event a minute. */
struct log_limit *log_limit_new(int lines_a_minute);
void log_limit_free(struct log_limit *limit); /* NULL is fine */
/* Says what was left out, for events whose minute is over; all of it when `now_all`. */
void log_flush(const struct log *log, bool now_all);

#endif
