/* HTTP as a source: POST /api/v1/facts.
 *
 *     CloudEvents      structured (application/cloudevents+json), batched (…-batch+json), or binary
 *     application/json one event or an array of them
 *     x-ndjson, jsonl  one event a line
 *     text/csv         a table, as model/feed.h says; UTF-8 or GBK
 *
 * All facts of a request are one delivery: all are taken or none.  The answer comes after their
 * commit: 202 {"accepted":n,"repeats":n,"conflicts":n}.  Who gets no answer, or 429 or 503, sends
 * the same again: a fact that is already there counts as a repeat.
 *
 *     400  {"status":400,…,"findings":[{"line":…,"col":…,"code":…,"message":…,"hint":…}]}
 *     401, 403  the caller's word; also a token that may not report as that `source`
 *     413  too many bytes or facts     415  a form that is not read
 *     429  the inbox is full: Retry-After
 *     503  no room in the store, or we are stopping: Retry-After
 *
 * Readings, forecasts, directives and incidents only: what a person decides and what an enterprise
 * acknowledges comes in where it is known who they are. */
#ifndef SHELL_INGEST_HTTP_H
#define SHELL_INGEST_HTTP_H

#include "shell/http.h"
#include "shell/intake.h"

struct metrics;
struct token;

#define INGEST_HTTP_PATH "/api/v1/facts"

/* Who reports.  Borrowed until the next look at the loop. */
struct sender {
    const char *name;          /* for the log */
    const struct token *token; /* whose `sources` bind it; NULL: any source */
};
struct ingest_http_options {
    /* 0, or the status to refuse with (401, 403, 429).  Asked when the head has come and again when
     * all has: tokens end. */
    int (*authorise)(void *arg, struct http_request *request, struct sender *ret_sender);
    bool (*short_of_room)(void *arg); /* the store; NULL: never */
    void *arg;
    struct metrics *metrics; /* or NULL */
    int *readers;            /* counts bodies that are being read by the policy; or NULL */
    int wait_ms;             /* for a commit, before the sender is told to ask again; 0: 30 s */
};

struct ingest_http;
struct ingest_http *ingest_http_new(const struct surroundings *around,
                                    const struct ingest_http_options *options);
/* For who holds the listener: both answer, or have answered, requests for INGEST_HTTP_PATH. */
void ingest_http_screen(struct ingest_http *ingest, struct http_request *request);
void ingest_http_handle(struct ingest_http *ingest, struct http_request *request);
/* A listener of its own: everything but INGEST_HTTP_PATH is 404. */
struct http_handler ingest_http_handler(struct ingest_http *ingest);
/* A policy that came into force; borrowed. */
void ingest_http_change(struct ingest_http *ingest, const struct policy *policy);
/* Takes nothing more; what is in the inbox may still be answered. */
void ingest_http_stop(struct ingest_http *ingest);
/* After the loop has closed its handles, and every delivery was answered.  NULL is fine. */
void ingest_http_free(struct ingest_http *ingest);

#endif
