/* An API over a real pipeline, in one process and one thread: requests come through sockets, turns
 * run when something asks for one.
 *
 * Every answer is held against the description of the API: a status that openapi.json does not name
 * for its route fails the test. */
#ifndef TESTS_SHELL_API_BOX_H
#define TESTS_SHELL_API_BOX_H

#include "http_client.h"
#include "shell/api.h"
#include "shell/conf.h"
#include "shell/metrics.h"
#include "shell_box.h"
#include <jansson.h>

struct api_box {
    struct shell_box shell;
    uv_loop_t loop;
    uv_idle_t idle;
    struct inbox inbox;
    struct question *asked, **asked_last;
    struct intern told;
    struct conf conf;
    struct log log;
    char *said; /* the log */
    size_t said_size;
    struct metrics *metrics;
    struct api *api;
    char folder[64];              /* configuration, accounts, policy */
    char secrets[64][TOKEN_SIZE]; /* everything that must never be seen again */
    int secret_count;
    struct buf seen; /* every answer that came, but those of log-ins */
    int requests;
    bool drill;
    int backups; /* asked for */
};
/* `rule` as in shell_make; `more` lines of the configuration, or NULL. */
void api_make(struct api_box *box, const char *rule, const char *more);
/* The same for a drill's daemon. */
void api_make_drill(struct api_box *box);
void api_remove(struct api_box *box);
/* The same daemon with its sources, started again on the same files. */
void api_restart(struct api_box *box);

/* Facts number `first` and on. */
void api_feed(struct api_box *box, size_t first, size_t count);
/* Feeds until a plan waits; its hash (borrowed). */
const char *api_propose(struct api_box *box);
/* The hash of the plan that waits now. */
const char *api_waiting(struct api_box *box);

/* "ROLE" or "ROLE2": the token of an account; made by api_make for each role, and "enterprise2". */
const char *api_token(struct api_box *box, const char *account);
/* A session with password and one-time code. */
const char *api_session_of(struct api_box *box, const char *account);
const char *api_password(const char *account);
/* The next code that the account has not shown yet. */
void api_code(struct api_box *box, const char *account, char ret[7]);

struct asked {
    int status;
    char *head, *body; /* good until the next three requests */
};
/* A request on a connection of its own.  `bearer` and `body` may be NULL. */
struct asked api_ask(struct api_box *box, const char *method, const char *path, const char *bearer,
                     const char *body);
/* The same from another address, and with more header lines ("A: b\r\n"). */
struct asked api_ask_from(struct api_box *box, const char *address, const char *method,
                          const char *path, const char *bearer, const char *headers,
                          const char *body);
/* The body as JSON; caller frees. */
json_t *api_json(const struct asked *asked);
const char *api_detail(const struct asked *asked); /* of a problem; "" when it is none */
int64_t api_rows(struct api_box *box);             /* of the journal */
/* Whether a line of the log has this text. */
bool api_said(struct api_box *box, const char *text);

/* For asking twice at once. */
void api_say(struct api_box *box, struct http_client *client, const char *method, const char *path,
             const char *bearer, const char *body);
struct asked api_hear(struct api_box *box, struct http_client *client, const char *method,
                      const char *path);

#endif
