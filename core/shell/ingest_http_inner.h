/* What the ingest_http*.c files share: the requests that are read and those that wait. */
#ifndef SHELL_INGEST_HTTP_INNER_H
#define SHELL_INGEST_HTTP_INNER_H

#include "base/str.h"
#include "shell/ingest_http.h"
#include "shell/ingest_http_read.h"
#include <uv.h>

struct slip;
/* A request whose body is read on the pool.  One is at a time, the others wait in the order in
 * which they came: so the facts of a sender keep theirs, and people who log in find the pool free.
 */
struct job {
    struct ingest_http *ingest;
    struct http_request *request;
    struct body_reading reading;
    struct arena arena; /* of the copies, since accounts may be read anew and clients go away */
    struct intern told;
    uint32_t told_before;
    uv_work_t work;
    struct job *next;
};
struct ingest_http {
    struct surroundings around;
    struct ingest_http_options options;
    uv_timer_t timer; /* runs while there are slips */
    struct slip *oldest, *youngest;
    struct job *jobs, **last_job; /* that wait */
    bool reading;                 /* another, on the pool */
    bool stopped;
};

void ingest_http_refuse_busy(struct ingest_http *ingest, struct http_request *request);
void ingest_http_refuse_stopped(struct http_request *request);
/* Takes the load over, and answers or will answer. */
void ingest_http_was_read(struct ingest_http *ingest, struct http_request *request,
                          struct body_reading *reading);

/* ingest_http_jobs.c: reads the body, at once or on the pool. */
void ingest_http_read(struct ingest_http *ingest, struct http_request *request, bool events,
                      const struct token *token);
/* The next that waits; when we are stopping, all of them are refused. */
void ingest_http_go_on(struct ingest_http *ingest);

#endif
