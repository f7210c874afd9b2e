/* The other side of a channel: a server on loopback, in the test's own loop, that hears requests
 * and says what the test tells it to. */
#ifndef TESTS_SHELL_PEER_H
#define TESTS_SHELL_PEER_H

#include "base/buf.h"
#include <stdbool.h>
#include <uv.h>

struct peer;
struct caller { /* one connection */
    uv_tcp_t tcp;
    struct peer *peer;
    struct buf in; /* heard and not yet taken */
    int requests;
    int state; /* the test's own */
    struct caller *next;
};
struct peer {
    uv_tcp_t tcp;
    uv_loop_t *loop;
    int port, callers, requests;
    /* Bytes came; takes what it can from `in`. */
    void (*hear)(struct caller *caller);
    const char *script;   /* for peer_http: what is answered; NULL: nothing, ever */
    struct buf requested; /* for peer_http: all requests, one after another */
    struct caller *first;
};
void peer_open(struct peer *peer, uv_loop_t *loop, void (*hear)(struct caller *caller));
void peer_close(struct peer *peer); /* its handles close when the loop runs on */
void caller_say(struct caller *caller, const char *text);
void caller_say_bytes(struct caller *caller, const void *bytes, size_t size);
void caller_leave(struct caller *caller);
void caller_take(struct caller *caller, size_t size); /* drops that much of what was heard */
/* The size of the whole HTTP request at the beginning of `in`; 0: not all is there. */
size_t caller_request(const struct caller *caller);
/* Hears HTTP requests, keeps them, and answers each with `script`. */
void peer_http(struct caller *caller);
/* The value of a header in the request that begins at `from`; "" when there is none.  Static, good
 * until the fourth next call. */
const char *header_of(const char *request, const char *name);
const char *body_of(const char *request);

#endif
