/* The API: what people and programs may ask of the daemon, and tell it, over HTTP.
 *
 * Everything it does is one of three things: a look (answered on the worker's thread after a
 * commit, so it never shows what might not last), an act (a fact through the inbox like every
 * other, judged inside the turn, so a race is decided by the order of the journal), or a job off
 * the loop (a password, a policy to load).  Who may do what is said in one table, api_routes.h: a
 * route without a right does not compile.
 *
 * Every refusal and every act is told to the log under `refused` and `audit`, with the name of who
 * asked and of the route, never with what he showed. */
#ifndef SHELL_API_H
#define SHELL_API_H

#include "shell/channel.h"
#include "shell/health.h"
#include "shell/login.h"
#include "shell/post.h"

struct conf;
struct event;
struct findings;
struct hj212_asker;
struct inbox;
struct intern;
struct metrics;
struct policy;
struct question;
struct store;

/* What the API stands on: the daemon, or a test. */
struct api_host {
    struct uv_loop_s *loop;
    const struct conf *conf;
    const struct log *log;
    struct clock clock;
    struct inbox *inbox;
    struct metrics *metrics; /* or NULL */
    enum effects effects;
    const struct policy *policy; /* for reading facts; api_change replaces it */
    size_t delivery_facts_max;   /* so that a delivery fits a turn */
    struct intern *told;         /* slips of sources */
    void (*ask)(void *host, struct question *question); /* as daemon_ask */
    struct health (*health)(void *host);
    bool (*short_of_room)(void *host); /* nothing new is taken */
    bool (*full)(void *host);          /* nor an act: not even the reserve is left */
    void (*refresh)(void *host);       /* brings the metrics up to date */
    int (*backup)(void *host);         /* as upkeep_backup */
    /* As ingest_hj212_ask; ERR_INVALID, or NULL itself: there are no data loggers. */
    int (*ask_logger)(void *host, const char *mn, int command, const char *cp,
                      struct hj212_asker *asker);
    int *readers;        /* as in ingest_http_options */
    struct store *store; /* looked into by api_open alone, before the first turn */
    void *host;
};

struct api;
/* Listens as `http:` of the configuration says.  *ret_api is NULL, with 0, where it says nothing.
 * ERR_… with findings (U…, W…). */
int api_open(struct api **ret_api, const struct api_host *host, struct findings *findings);
int api_port(const struct api *api);
/* Addresses of receipt pages, for the letters; NULL: no `public_url` is configured. */
struct ack_links *api_links(struct api *api);
/* Something happened in a turn that succeeded: for daemon_subscribe. */
void api_on_event(void *api, const struct event *event);
/* A policy that came into force; borrowed. */
void api_change(struct api *api, const struct policy *policy);
/* Reads certificates and key again; connections that are open stay.  On failure findings, and the
 * old ones stay in use.  NULL is fine. */
int api_renew(struct api *api, struct findings *findings);
/* Stops listening; what is under way is answered, or goes unanswered.  The loop must run on until
 * nothing of ours is left; then api_free.  NULL is fine, in both. */
void api_close(struct api *api);
void api_free(struct api *api);

#endif
