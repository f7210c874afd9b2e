/* Between the files of the HJ 212 server; nobody else includes this.
 *
 * A connection lives until its socket is closed and its last delivery answered, whichever comes
 * last. */
#ifndef SHELL_INGEST_HJ212_INNER_H
#define SHELL_INGEST_HJ212_INNER_H

#include "shell/hj212_facts.h"
#include "shell/http_limits.h"
#include "shell/ingest_hj212.h"
#include <uv.h>

enum {
    HJ212_READ_BYTES = 64 * 1024, /* one buffer for all connections */
    HJ212_KINDS_COUNTED = 64,     /* of frames, between two looks at the metrics */
};

struct batch;
struct connection;
/* Where an MN has spoken last. */
struct place_of_mn {
    struct connection *connection; /* NULL: it has hung up since */
    struct place_of_mn *next;      /* of the same connection */
    struct address peer;
    bool known; /* it has spoken at all */
};
/* Frames of one kind that the metrics do not know of yet. */
struct frames_counted {
    int command;
    const char *result; /* static */
    uint64_t count;
};
struct ingest_hj212 {
    struct surroundings around;
    struct hj212_conf conf;
    struct hj212_session_options options;
    struct metrics *metrics;
    struct monitors *monitors;
    bool *reads;                /* or NULL: all */
    struct place_of_mn *places; /* by the monitor's number */
    struct http_limits *addresses;
    uv_tcp_t listener;
    char buffer[HJ212_READ_BYTES];
    struct connection *connections;            /* all of them, doubly linked */
    struct connection *waiting, **waiting_end; /* for room in the inbox, the longest first */
    int count;
    struct frames_counted counted[HJ212_KINDS_COUNTED];
    int kinds_counted;
    uint64_t bytes_counted;
    struct batch *spare; /* small ones, to be filled again */
    int spare_count;
    bool started, stopping;
};
struct connection {
    struct ingest_hj212 *server;
    uv_tcp_t socket;
    uv_timer_t timer;
    uint64_t timer_due; /* what it is set to; 0: stopped */
    struct hj212_session *session;
    struct address peer;
    struct http_address *crowd; /* NULL: not counted */
    char peer_name[64];
    struct place_of_mn *places; /* of the MNs that have spoken here last */
    struct batch *batch;        /* what the present read brings */
    struct hj212_asker *askers; /* of its open questions */
    uv_write_t write;
    char *writing; /* under way */
    size_t writing_size;
    int handles, deliveries; /* still open, still in the inbox */
    bool reading, waiting, closing;
    struct connection *next, **self;
    struct connection *waiting_next;
};

/* ingest_hj212.c */
void hj212_connection_hang_up(struct connection *connection);
/* After anything was done with the session: sends what it says, sets its timer, reads on or not. */
void hj212_connection_go_on(struct connection *connection);
void hj212_connection_free(struct connection *connection); /* when nothing holds it any more */
/* As hj212_session_ask; hj212_connection_go_on must follow. */
int64_t hj212_connection_ask(struct connection *connection, const char *mn, int command,
                             const char *cp);

/* ingest_hj212_conf.c: "0.0.0.0:9212", "[::]:9212".  ERR_INVALID with a finding. */
int hj212_listen_address(const char *text, struct sockaddr_storage *ret, struct findings *findings);

/* ingest_hj212_asking.c */
void hj212_askers_hear(struct connection *connection, const struct hj212_event *event);
void hj212_askers_leave(struct connection *connection); /* it is closing */

/* ingest_hj212_refusals.c */
const struct hj212_source *hj212_find_source(void *connection, struct hj212_text mn);
void hj212_refuse(const struct connection *connection, const struct hj212_event *event);

/* ingest_hj212_uploads.c */
void hj212_on_event(void *connection, const struct hj212_event *event);
void hj212_offer(struct connection *connection); /* what the present read has brought */
void hj212_free_spare(struct ingest_hj212 *server);
void hj212_tell_counts(struct ingest_hj212 *server);
void hj212_leave_places(struct connection *connection);

#endif
