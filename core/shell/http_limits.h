/* Limits: who may connect and ask how often, by address.
 *
 * An address is an IPv4 address, or the /64 of an IPv6 one: that is what one customer has.  The
 * table is bounded: it holds every address with an open connection and the last few thousand that
 * had one. */
#ifndef SHELL_HTTP_LIMITS_H
#define SHELL_HTTP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* What an option of zero means.  A mobile phone on a bad line sends its head in a second, a logger
 * its body of some kilobytes in two; a console page opens six connections at once. */
enum {
    HTTP_BODY_MAX = 16 << 20,
    HTTP_BODIES_MAX = 128 << 20,
    HTTP_HEADER_MS = 10000,
    HTTP_BODY_MS = 60000,
    HTTP_ANSWER_MS = 60000,
    HTTP_IDLE_MS = 60000,
    HTTP_CONNECTIONS_MAX = 4096,
    HTTP_PER_IP_MAX = 256,
    HTTP_PER_IP_PER_SECOND = 500,
    HTTP_STREAMS_MAX = 256,
};
enum {
    HTTP_TARGET_BYTES_MAX = 4096, /* path and query as they are sent */
    HTTP_HEAD_FIELDS_MAX = 64,    /* browsers send about twenty */
    HTTP_QUERY_FIELDS_MAX = 64,
    HTTP_CONNECTION_BYTES = 16 << 10, /* memory of a connection; also bounds a head */
    HTTP_STREAM_BYTES_MAX = 64 << 10, /* events that a client has not read yet */
    HTTP_HEARTBEAT_MS = 15000,        /* keeps proxies from closing a silent stream */
    HTTP_SWEEP_MS = 1000,             /* how late a deadline may be noticed */
    HTTP_SILENT_PEER_MS = 30000,      /* sends to a peer that is no more fail after */
    HTTP_ADDRESSES_MAX = 4096,        /* remembered without an open connection */
};

struct http_limits;
struct http_address; /* one of the table; good as long as it has an open connection */

/* `now` in milliseconds everywhere. */
struct http_limits *http_limits_new(int per_ip_max, int per_second);
void http_limits_free(struct http_limits *limits);
/* Whether one more connection of this address is allowed. */
bool http_limits_admit(struct http_limits *limits, const struct sockaddr *peer);
struct http_address *http_limits_opened(struct http_limits *limits, const struct sockaddr *peer,
                                        int64_t now);
void http_limits_closed(struct http_limits *limits, struct http_address *address);
/* 0 when one more request is allowed now, and takes it; else after how many seconds one will be. */
int http_limits_wait(struct http_limits *limits, struct http_address *address, int64_t now);

#endif
