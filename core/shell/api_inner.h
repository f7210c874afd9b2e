/* What the files of the API share: the API itself, and one call through it.  Not for others.
 *
 * A call is made when a request is whole and its caller may make it; the handler of its route says
 * what is asked, and whoever ends it answers with call_answer or call_refuse, once.  A handler
 * hands the call on by call_look, call_act or call_work, and what comes afterwards is the function
 * given there.  Memory of a call is in its arena and goes when it is answered. */
#ifndef SHELL_API_INNER_H
#define SHELL_API_INNER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "shell/api.h"
#include "shell/api_conf.h"
#include "shell/http.h"
#include "shell/ingest_http.h"
#include "shell/intake.h"
#include "shell/pipeline.h"
#include "shell/receipt_link.h"
#include "shell/settings.h"
#include <uv.h>

enum { RIGHT_ANY = RIGHTS }; /* of a route: for everybody who has an account */
enum {
    API_PARAMS_MAX = 3,
    API_ROWS_MAX = 500,        /* of one answer; the rest by `after` */
    API_WORK_MAX = 4,          /* passwords and policies at once: each may take tens of MiB */
    API_BACK_MAX = 10000,      /* facts that an event stream goes back at most */
    API_BODY_MAX = 1 << 20,    /* of everything but facts */
    API_NOTE_BYTES_MAX = 2000, /* of what a person writes */
};

struct call;
struct route {
    enum http_method method;
    const char *path;
    int right, other; /* enum right, or RIGHT_ANY */
    const char *name; /* of the handler: how the log calls it */
    void (*handle)(struct call *call);
};
extern const struct route api_routes[]; /* handle NULL ends the table */

struct stream;
struct api {
    struct api_host host;
    struct arena arena; /* of the configuration */
    struct api_conf conf;
    struct http *http;
    struct http_asset style, print_style;
    struct accounts *accounts; /* never NULL; empty when none are configured */
    char accounts_seen[64];    /* which version of the file they are, or the last that was bad */
    instant_ms accounts_looked;
    struct login *login;
    struct receipt_key key;
    struct ack_links links;
    struct ingest_http *ingest;
    struct surroundings around; /* its */
    int working;                /* jobs off the loop */
    int calls;                  /* not yet answered */
    struct call *acts;          /* under way, by next_act */
    bool closing;
    /* The event streams (api_events.c). */
    struct stream *streams;
    struct question news;
    struct news_rows *rows; /* read for them */
    bool reading, again;
    uv_timer_t timer;
};

struct call {
    struct api *api;
    struct http_request *request; /* NULL when it was answered */
    const struct route *route;
    struct arena arena;
    const char *peer;
    enum lang lang; /* of the reader */
    /* Who; copied, since accounts may be read anew. */
    const char *who; /* "" for nobody */
    int role;        /* enum role, or -1 */
    bool has_code;
    const char *own; /* recipient whose letters alone are meant; NULL: all */
    const char *params[API_PARAMS_MAX];
    int param_count;
    json_t *body; /* NULL: not read */
    /* A look. */
    struct question question;
    void (*look)(struct call *call, const struct view *view);
    void (*then)(struct call *call);
    span_ms zone; /* of the policy, once something was looked at */
    /* An act. */
    struct load *load;
    struct call *next_act;
    struct fact *fact;
    struct bundle *bundle; /* a policy offered with it */
    /* Work. */
    uv_work_t work;
    void (*labour)(struct call *call);
    void *state;                        /* the handler's own, in the arena */
    void (*release)(struct call *call); /* what of it is not in the arena; or NULL */
    /* The answer. */
    int status; /* 0: 200 */
    const char *type, *location;
    void (*clothe)(struct call *call); /* makes a page of a refusal's sentence; or NULL */
    struct buf out;                    /* below 400 the body; else the sentence */
};

/* ---- ending a call -------------------------------------------------------- */

void call_answer(struct call *call);
/* With the asset, or that the client has it already. */
void call_answer_asset(struct call *call, const struct http_asset *asset);
/* Tells the log, and answers with that status and sentence. */
void call_refuse(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For a look: what will be answered; the first refusal stands. */
void call_deny(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The store cannot be read. */
void call_deny_store(struct call *call, const struct view *view);
/* It was answered by other means. */
void call_end(struct call *call);
/* Retry-After for who is locked out. */
extern const struct http_field api_locked[];
/* A line in the log: NAME did what to which. */
void call_audit(const struct call *call, const char *what, const char *which);

/* ---- handing it on ---------------------------------------------------------- */

/* `look` runs on the worker's thread and fills status and out; then `then`, from the loop; NULL:
 * the call is answered. */
void call_look(struct call *call, void (*look)(struct call *call, const struct view *view),
               void (*then)(struct call *call));
/* `labour` runs on a thread of the pool. */
void call_work(struct call *call, void (*labour)(struct call *call),
               void (*then)(struct call *call));
/* The fact (copied) goes into the journal, should the engine not refuse it; then `then`.  When it
 * is refused the call is, with 409 and the engine's sentence. */
void call_act(struct call *call, const struct fact *fact, void (*then)(struct call *call));

/* A setting for the store; `then` after the commit.  Where the disk is full it goes on without:
 * a person who looks what is wrong is not kept out. */
void call_remember(struct call *call, const char *setting, const char *value,
                   void (*then)(struct call *call));

/* ---- what was asked ----------------------------------------------------------- */

/* The body as a JSON object with no other members than those named; NULL: the call was refused.
 * Without a body an empty object. */
json_t *call_body(struct call *call, const char *known, ...) __attribute__((sentinel));
/* A text of the body, NULL when it is not there or null.  Refuses (false) what is no text, is empty
 * or too long. */
bool call_text(struct call *call, const char *key, const char **ret_text);
/* The same; refuses when it is not there. */
bool call_need_text(struct call *call, const char *key, const char **ret_text);
/* A number of the query; false: refused. */
bool call_query_int(struct call *call, const char *name, int64_t low, int64_t high, int64_t *ret);

/* ---- small things --------------------------------------------------------------- */

void put_text(struct json_writer *writer, const char *key, const char *text);
void put_int(struct json_writer *writer, const char *key, int64_t value);
void put_bool(struct json_writer *writer, const char *key, bool value);
void put_instant(struct json_writer *writer, const char *key, instant_ms instant, span_ms zone);
/* "next": what `after` is to be for the rest; null: there is no `more`. */
void put_next(struct json_writer *writer, bool more, int64_t next);
/* "a,b" names b. */
bool list_names(const char *list, const char *name);
/* When what is said now arrives, and what time it is for who looks: where time is told by the
 * facts, it stands still in between. */
instant_ms call_arrival(const struct call *call);
instant_ms call_now(const struct call *call, const struct view *view);
/* Makes the whole hash of a plan of which there are letters out of its first digits, the 12 that
 * people see or more; what no letter knows stays as it is.  False: it has denied. */
bool call_plan_whole(struct call *call, const struct view *view, const char **plan);
/* The members of a letter's body; caller frees with json_decref; NULL: it is no object. */
json_t *letter_json(const void *body, size_t size);

/* What the fact of the call led to: {"result","seq","decisions",…}; for call_look. */
void act_outcome(struct call *call, const struct view *view);
/* The act reload or rollback of the policy with that hash, offered as call->bundle or kept in the
 * archive. */
void act_of_policy(struct call *call, enum decision_act kind, const char *note, const char *hash,
                   bool shadow);

/* ---- who asks (api_admit.c) ------------------------------------------------------- */

struct api_refusal {
    int status;         /* 0: he may */
    const char *reason; /* for counting */
    const char *sentence;
};
/* *ret_own: his own letters alone are meant. */
struct api_refusal api_judge(struct api *api, struct http_request *request,
                             const struct route *route, struct caller *caller, bool *ret_own);
/* Tells log and metrics. */
void api_note_refusal(struct api *api, struct http_request *request, const struct route *route,
                      const struct caller *caller, const struct api_refusal *refusal);
/* The same, and answers. */
void api_refuse(struct api *api, struct http_request *request, const struct route *route,
                const struct caller *caller, const struct api_refusal *refusal);
/* False: it was refused. */
bool api_admit(struct api *api, struct http_request *request, const struct route *route,
               struct caller *ret_caller, bool *ret_own);
/* Numeric address of who asks, also behind a proxy we trust. */
const char *api_peer(struct api *api, struct http_request *request, char *ret, size_t size);
/* The accounts file, should it be for our side. */
int api_accounts_read(const struct api *api, struct accounts *ret_accounts,
                      struct findings *findings);
/* Reads it anew when it has changed. */
void api_watch_accounts(struct api *api);

const char *api_mode(const struct api *api); /* live drill shadow */
void api_streams_end(struct api *api);       /* they are told that it is over */

#define ROUTE(method_, path_, right_, other_, handler_) void handler_(struct call *call);
#include "shell/api_routes.h"
API_ROUTES(ROUTE)
#undef ROUTE

#endif
