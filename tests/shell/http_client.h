/* A client of raw bytes that lets the server's loop run while it waits: one process, no sleeping.
 */
#ifndef TESTS_SHELL_HTTP_CLIENT_H
#define TESTS_SHELL_HTTP_CLIENT_H

#include "base/buf.h"
#include "shell/http.h"
#include <uv.h>

struct http_client {
    int fd;
    struct buf got;  /* all that came, ever */
    size_t answered; /* of it: given out by client_answer */
    bool ended;      /* the server has closed */
};

/* All clients of a test run this loop; fails the test when nothing happens for ten seconds. */
void client_loop_open(uv_loop_t *loop);
void client_loop_close(uv_loop_t *loop);
/* Lets the loop run until `done` says so. */
void client_run_until(bool (*done)(void *arg), void *arg);
void client_run_some(void); /* whatever can happen without waiting has happened */

void client_connect(struct http_client *client, int port);
/* From another loopback address, "127.0.0.2". */
void client_connect_from(struct http_client *client, const char *address, int port);
void client_send(struct http_client *client, const void *bytes, size_t size);
void client_say(struct http_client *client, const char *text);
/* The next whole answer, as text, head and body; what came until the server closed when there is no
 * whole one.  Good until the next call for this client. */
const char *client_answer(struct http_client *client);
/* The status of the next answer; 0: the server closed without one. */
int client_status(struct http_client *client);
/* Until that text has come; all that has come so far. */
const char *client_wait_for(struct http_client *client, const char *text);
bool client_is_closed(struct http_client *client); /* waits for it */
void client_leave(struct http_client *client);
const char *client_body(const char *answer);

#endif
