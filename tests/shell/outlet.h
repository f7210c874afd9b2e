/* One gateway, opened and used as the daemon does it, without the daemon. */
#ifndef TESTS_SHELL_OUTLET_H
#define TESTS_SHELL_OUTLET_H

#include "base/arena.h"
#include "base/err.h"
#include "shell/channel.h"
#include <uv.h>

enum { SENT_MAX = 64 };
struct sent { /* what became of one parcel */
    struct parcel *parcel;
    int done; /* times it was told */
    enum outcome outcome;
    char trouble[512]; /* "" when there was none */
    int64_t retry_after_ms;
};
struct outlet {
    uv_loop_t loop;
    struct arena arena;
    struct findings findings;
    struct gateway gateway;
    struct metrics *metrics;
    void *self;
    enum effects effects;
    instant_ms now; /* of the channel's clock */
    struct sent sent[SENT_MAX];
    int count, done;
    bool closed, late; /* late: nothing happened for too long */
};
/* A loop and nothing else, so that a peer can be opened first. */
void outlet_init(struct outlet *outlet);
/* Reads the gateway's keys as YAML; false with findings when they are refused. */
bool outlet_read(struct outlet *outlet, const char *kind, const char *yaml);
void outlet_open(struct outlet *outlet, const char *kind, const char *yaml); /* must succeed */
/* The bytes of a message on this way, as a parcel to that address. */
struct sent *outlet_send(struct outlet *outlet, const char *id, const char *address,
                         const char *bytes);
struct sent *outlet_send_message(struct outlet *outlet, const struct message *message);
void outlet_run(struct outlet *outlet, int done); /* until so many are done */
/* Runs until that is true. */
void outlet_run_until(struct outlet *outlet, bool (*reached)(void *arg), void *arg);
/* Closes the channel, lets everything end, and asserts that nothing is left. */
void outlet_close(struct outlet *outlet);
/* A message with everything in it. */
struct message outlet_message(void);

#endif
