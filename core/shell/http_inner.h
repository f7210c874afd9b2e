/* What the http_*.c files share: a listener, its connections, and one request on its way.
 *
 * A connection is MHD's; ours beside it knows since when it is in which phase, so that deadlines do
 * not move.  An exchange is one request and its answer.  Two hold it: MHD from the request line on
 * until the answer is sent or the client is gone (`connection` is then NULL), and the owner from
 * `handle` until the answer; it is freed when the later of the two lets go.
 *
 * `running` is true inside of MHD_run.  Whatever happens outside and concerns a suspended
 * connection resumes it and sets `kick`; MHD then runs before the loop sleeps. */
#ifndef SHELL_HTTP_INNER_H
#define SHELL_HTTP_INNER_H

#include "base/arena.h"
#include "base/buf.h"
#include "shell/http.h"
#include "shell/http_limits.h"
#include "shell/http_tls.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <uv.h>

enum http_phase {
    PHASE_HEAD,  /* not whole yet; begins with the connection, or with a later request's first line
                  */
    PHASE_IDLE,  /* between requests */
    PHASE_BODY,  /* the head has come, the body not */
    PHASE_OWNER, /* waits for the owner's answer */
    PHASE_ANSWER,
    PHASE_STREAM,
};

struct http_connection {
    struct http *http;
    struct MHD_Connection *mhd;
    int fd;
    enum http_phase phase;
    int64_t since;      /* of the phase; idle lasts until a request line has come */
    size_t came;        /* bytes of bodies, ever */
    size_t came_before; /* at the last look for stuck ones; SIZE_MAX: it was not stuck then */
    bool cut;           /* shut down by us; MHD has not closed it yet */
    struct http_address *address;
    struct http_tls *tls;
    char *subject; /* of the client's certificate; NULL: none, or not asked yet */
    bool subject_known;
    struct http_connection *younger, *older;
};

struct http_exchange {
    struct http_request request; /* the first member: the owner's handle is its address */
    struct http_connection *connection;
    char *target; /* as it was sent; its size before MHD changed it */
    const char *target_at;
    struct http_field *query; /* ends with a NULL name */
    struct arena arena;
    struct buf body;
    size_t body_passed; /* bytes of a refused body that were read and thrown away */
    bool begun, screened, suspended, chunked;
    bool calling; /* inside of screen or handle */
    bool owned;   /* the owner has it and has not answered */
    int refused;  /* a status decided while the body was coming: 413 or 503 */
    int status;   /* of the response; 0: none yet */
    bool closes;  /* the connection after it */
    struct MHD_Response *response;
    size_t response_size;
    struct http_stream *stream; /* begun, its response not yet queued */
    struct sockaddr_storage peer;
    struct http_exchange *next, *previous;
};

struct http {
    uv_loop_t *loop;
    struct http_options options; /* without texts; defaults filled in */
    struct http_handler handler;
    struct MHD_Daemon *mhd;
    struct http_tls *tls; /* for connections to come; NULL: none */
    struct http_limits *limits;
    struct http_counters counters;
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_timer_t timer;
    bool running, kick, closing;
    int64_t sweep_at;
    unsigned busy; /* how often in a row MHD wanted to go on at once */
    uint64_t ids;  /* of requests; begins at random */
    int port;
    struct http_connection *youngest, *oldest;
    struct http_exchange *exchanges;
    struct http_stream *streams;
    int holders; /* handles of the loop, and exchanges; the last one frees us */
};

int64_t http_now(const struct http *http);
void http_let_go(struct http *http); /* one holder less */
void http_refused(struct http *http, enum http_refusal why);

/* http_connection.c: MHD's callbacks about connections, and the deadlines. */
enum MHD_Result http_connection_admit(void *http, const struct sockaddr *peer, socklen_t size);
void http_connection_notify(void *http, struct MHD_Connection *mhd, void **context,
                            enum MHD_ConnectionNotificationCode code);
void http_connection_enter(struct http_connection *connection, enum http_phase phase);
void http_connections_sweep(struct http *http, int64_t now);
void http_connections_unstick(struct http *http);

/* http_exchange.c: MHD's callbacks about requests. */
void *http_exchange_begin(void *http, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_go_on(void *http, struct MHD_Connection *mhd, const char *url,
                                    const char *method, const char *version, const char *bytes,
                                    size_t *size, void **exchange);
void http_exchange_completed(void *http, struct MHD_Connection *mhd, void **exchange,
                             enum MHD_RequestTerminationCode code);
struct http_exchange *http_exchange_of(struct http_request *request);
/* The owner, or we ourselves, have decided on `exchange->response` and `status`. */
void http_exchange_answered(struct http_exchange *exchange);

/* http_answer.c: `response` becomes the exchange's; `size` is what its body counts for. */
void http_answer_with(struct http_request *request, int status, const char *type,
                      struct MHD_Response *response, size_t size, const struct http_field *fields);

/* http_head.c: 0, or the status with which the head is refused, and why in *ret_why. */
int http_head_read(struct http_exchange *exchange, const char *method, const char *version,
                   const char **ret_why);
/* http_target.c: the same for the target. */
int http_target_read(struct http_exchange *exchange, const char **ret_why);

/* http_stream.c */
void http_stream_queued(struct http_stream *stream, struct MHD_Connection *mhd);
void http_streams_beat(struct http *http, int64_t now);
void http_streams_reap(struct http *http);
void http_streams_close(struct http *http);

#endif
