/* HTTP: the server that every HTTP surface of the daemon stands on.
 *
 * One `struct http` is one listener with limits of its own; several live in one loop.  The owner is
 * asked at most twice about a request: by `screen`, when only its head has come (to refuse before a
 * body is taken in), and by `handle`, when it is whole.  A request is answered once, then or later,
 * from the loop's thread; its handle stays good until it is answered, whatever has become of the
 * client in the meantime.
 *
 * The server is strict, because what two programs read differently is how requests are smuggled: a
 * head that is not exactly HTTP/1.1 as written in RFC 9112 is refused with 400 and the connection
 * closed, and so is every path that could be read in two ways.  And it is patient with nobody:
 * head, body and answer each have a deadline that dripping bytes does not move. */
#ifndef SHELL_HTTP_H
#define SHELL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct buf;
struct findings;
struct uv_loop_s;

struct http;
struct http_stream;

/* A name and its value; lists of them end with a NULL name. */
struct http_field {
    const char *name, *value;
};

/* ---- a listener ---------------------------------------------------------- */

struct http_options {
    const char *address;           /* numeric, "127.0.0.1" or "::" (both families) */
    int port;                      /* 0: any that is free, see http_port */
    const char *certificate, *key; /* PEM text; both NULL: no TLS */
    const char *client_ca;         /* PEM; NULL: no client certificate is asked for */
    const char *client_revoked;    /* PEM revocation lists of that CA, or NULL */
    bool client_required;          /* with client_ca: who has none is refused in the handshake */
    bool shared; /* a proxy's connections carry requests of many people: one each, then it closes */
    /* Zero means the default of http_limits.h for each of these. */
    size_t body_max;     /* bytes of one body; 413 beyond */
    size_t bodies_max;   /* bytes of all bodies being received or waiting to be answered; 503 */
    int header_ms;       /* from the connection, or the end of the answer before, to a whole head */
    int body_ms;         /* from the head to the whole body */
    int answer_ms;       /* for the client to take its answer in */
    int idle_ms;         /* a connection kept alive between requests */
    int connections_max; /* when full, the longest idle one gives way; if none is idle, refused */
    int per_ip_max;      /* connections of one address (IPv6: of one /64); -1: no bound */
    int per_ip_per_second; /* requests of one address, with a burst of twice that; -1: no bound */
    int streams_max;       /* event streams open at a time */
    /* Milliseconds that only rise; NULL: the loop's own.  For tests. */
    int64_t (*now)(void *clock);
    void *clock;
};

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_METHODS };
const char *http_method_name(enum http_method method); /* "GET" … */

/* What came in.  All of it is borrowed, until the request is answered. */
struct http_request {
    struct http *http;
    enum http_method method; /* a HEAD is a GET whose answer is sent without its body */
    /* Decoded, valid UTF-8, beginning with '/'.  Has no control characters, no empty, "." or ".."
     * segment (a path may end with '/'), and no encoded slash. */
    const char *path;
    const void *body; /* followed by a NUL; NULL when there is none, and in `screen` */
    size_t body_size;
    int64_t body_announced; /* Content-Length; -1: chunked, not known before the end */
    const struct sockaddr *peer;
    char peer_name[48];  /* numeric address, without the port */
    const char *subject; /* of the client's certificate, which was verified; NULL: it has none */
    bool secure;         /* came over TLS */
    char id[17];         /* unique; also sent back, as X-Request-Id */
    void *owner;         /* for the owner: what `screen` found out, `handle` may use */
};

struct http_handler {
    /* May be NULL.  To refuse, it answers; the connection is then closed if a body was to come. */
    void (*screen)(void *arg, struct http_request *request);
    void (*handle)(void *arg, struct http_request *request);
    void *arg;
};

/* Listens.  On failure ERR_IO, or ERR_INVALID for a bad certificate or address, with findings
 * (W…). */
int http_open(struct http **ret_http, struct uv_loop_s *loop, const struct http_options *options,
              const struct http_handler *handler, struct findings *findings);
int http_port(const struct http *http);
/* New certificates for connections to come; those open are not touched.  On failure findings, and
 * the old ones stay in use. */
int http_renew(struct http *http, const char *certificate, const char *key, const char *client_ca,
               const char *client_revoked, struct findings *findings);
/* Stops listening and closes every connection; streams are told they are closed.  Requests not
 * answered yet stay good until they are answered, into the void.  The memory goes when the loop has
 * run once more and the last of them is answered.  NULL is fine. */
void http_close(struct http *http);

/* ---- a request ----------------------------------------------------------- */

/* NULL when it is not given.  Header names are compared without case; of several headers of one
 * name the first.  A query value is decoded; a query that cannot be read was refused already. */
const char *http_header(struct http_request *request, const char *name);
const char *http_query(struct http_request *request, const char *name);
/* All headers in the order in which they came; names as they were written. */
void http_headers(struct http_request *request,
                  void (*each)(void *arg, const char *name, const char *value), void *arg);

/* Answers; everything is copied.  `type` may be NULL when there is no body.  `fields` may be NULL.
 *
 * Every answer has these unless `fields` says otherwise: Cache-Control: no-store,
 * Content-Security-Policy: default-src 'self' …, X-Content-Type-Options: nosniff, Referrer-Policy:
 * no-referrer; and always X-Request-Id.  A field with the value "" leaves its header out. */
void http_answer(struct http_request *request, int status, const char *type, const void *body,
                 size_t size, const struct http_field *fields);
/* The same, taking the bytes out of `body`, which is empty afterwards. */
void http_answer_buf(struct http_request *request, int status, const char *type, struct buf *body,
                     const struct http_field *fields);
/* Answers with application/problem+json (RFC 9457): {"status":…,"title":…,"detail":…}. */
void http_problem(struct http_request *request, int status, const struct http_field *fields,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *http_status_text(int status); /* "Not Found" … */

/* Bytes that do not change while we run: sent with an ETag, 304 to who has them already, compressed
 * to who takes gzip.  Fill type, bytes and size, then http_asset_init, which reckons the rest. */
struct http_asset {
    const char *type;
    const void *bytes;
    size_t size;
    void *gzip; /* NULL when it would not be smaller */
    size_t gzip_size;
    char tag[24];
};
void http_asset_init(struct http_asset *asset);
void http_asset_release(struct http_asset *asset);
/* The asset must outlive every request. */
void http_answer_asset(struct http_request *request, const struct http_asset *asset,
                       const struct http_field *fields);

/* ---- a stream of events -------------------------------------------------- */

/* Answers the request with Server-Sent Events.  NULL when there are too many streams already: then
 * it was answered with 503.  `closed` is called once, from the loop, when the client has gone or
 * the server closes; the stream is then no more.  Where the client was before is
 * http_header(request, "Last-Event-ID"): read it before this call. */
struct http_stream *http_stream_begin(struct http_request *request, void (*closed)(void *arg),
                                      void *arg);
/* `event` and `id` may be NULL and hold no line ends; `data` may have many lines.
 *
 * What a slow client has not read yet is kept, up to HTTP_STREAM_BYTES_MAX; beyond, all of it is
 * thrown away and one event `resync` with the newest id stands for it: the reader must fetch anew
 * what it shows. */
void http_stream_send(struct http_stream *stream, const char *event, const char *id,
                      const char *data);
/* Sends what is left and closes; `closed` is not called any more. */
void http_stream_end(struct http_stream *stream);

/* ---- figures ------------------------------------------------------------- */

enum http_refusal {
    HTTP_REFUSED_FULL,        /* connections: too many in all … */
    HTTP_REFUSED_ADDRESS,     /* … or of one address */
    HTTP_REFUSED_RATE,        /* 429 */
    HTTP_REFUSED_MALFORMED,   /* 400, 414, 431, 505: not exactly HTTP */
    HTTP_REFUSED_METHOD,      /* 405, 501: what we do not serve at all */
    HTTP_REFUSED_BODY,        /* 413 */
    HTTP_REFUSED_MEMORY,      /* 503: too many bodies at once */
    HTTP_REFUSED_STREAMS,     /* 503 */
    HTTP_REFUSED_LATE_HEAD,   /* cut: deadlines */
    HTTP_REFUSED_LATE_BODY,   /* cut */
    HTTP_REFUSED_LATE_ANSWER, /* cut: the client does not read */
    HTTP_REFUSALS
};
extern const char *const http_refusal_names[HTTP_REFUSALS]; /* "full", "address" … */

struct http_counters {
    uint64_t connections;         /* taken in, ever */
    uint64_t requests;            /* whole heads */
    uint64_t answers[6];          /* by class of status: [2] is 2xx; [0]: never sent */
    uint64_t bytes_in, bytes_out; /* of bodies */
    uint64_t refused[HTTP_REFUSALS];
    uint64_t stream_resyncs;
    /* now */
    int connections_open, connections_idle, requests_open, streams_open;
    size_t body_bytes;
};
const struct http_counters *http_counters(const struct http *http);

#endif
