/* Transfers: requests to HTTP servers, through libcurl's multi interface on our loop.
 *
 * Many run at once, connections are reused per host (from the second request on), none may take
 * longer than it was given, and none goes where the guard does not allow: the address that is
 * really connected to is looked at, whatever a name meant a moment before.  No redirect is
 * followed, no proxy of the environment is used, only the protocols named here are spoken. */
#ifndef SHELL_TRANSFER_H
#define SHELL_TRANSFER_H

#include "base/address.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uv_loop_s uv_loop_t;

enum {
    ANSWER_BYTES_MAX = 4096,   /* of an answer kept; a gateway's verdict stands at its beginning */
    ANSWER_READ_MAX = 1 << 20, /* read in all; behind that the connection is given up */
    TRANSFER_HEADERS_MAX = 24,
};

struct transfers_options {
    int host_connections;         /* to one host at most; 0: no bound of its own */
    int connections;              /* in all at most; the rest waits inside */
    struct address_rules allowed; /* what is not public and may be reached all the same; borrowed */
    const char *ca_file; /* PEM of the authorities to trust, borrowed; NULL: the system's */
};
struct transfers;
struct transfers *transfers_new(uv_loop_t *loop, const struct transfers_options *options);
/* Nothing may be under way but the transfer whose `done` this is called from.  `closed` is called
 * from the loop once all handles are. */
void transfers_close(struct transfers *transfers, void (*closed)(void *arg), void *arg);

/* Borrowed for the call but for `body`, which must stay until `done`. */
struct transfer {
    const char *url;
    const char *method;                        /* "GET" goes without the body; NULL: POST */
    const char *headers[TRANSFER_HEADERS_MAX]; /* "Name: value"; ends with NULL */
    const void *body;
    size_t size;
    int64_t timeout_ms;
    bool trusted; /* the URL is the configuration's, not an enterprise's: the guard lets it pass */
};
struct transfer_answer { /* borrowed */
    const char *trouble; /* NULL: the server answered, whatever it said */
    bool forbidden;      /* the guard refused, or the URL is none: another try is useless */
    bool certificate;    /* the server is not who it says, or we do not know who vouches for it */
    bool denied; /* a mail server refused us before it saw the letter, which is not at fault */
    long status; /* of HTTP or SMTP; 0 without an answer */
    int64_t retry_after_ms; /* as the server asked; −1: it did not */
    const char *body;       /* its beginning */
    size_t size;
};
/* `done` is called exactly once, later, from the loop. */
void transfer_start(struct transfers *transfers, const struct transfer *transfer,
                    void (*done)(void *arg, const struct transfer_answer *answer), void *arg);
int transfers_under_way(const struct transfers *transfers);

#endif
