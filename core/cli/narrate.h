/* Narrate: a replay as a person reads it at three in the morning.
 *
 * One block per transition: when, from which level to which, why, when it takes effect, how many
 * must do what and where, and whether the plan reaches the shares the law asks.  Orders follow
 * their transition in the stream, so a block is kept open until the next one begins. */
#ifndef CLI_NARRATE_H
#define CLI_NARRATE_H

#include "cli/chronicle.h"
#include <stdio.h>

struct tally {
    struct intern names;
    size_t *counts;
    size_t capacity;
};
struct narrator {
    FILE *stream;
    const struct policy *policy;
    bool loose;           /* short lines stand before: a blank one is due */
    bool open;            /* a block waits for its orders */
    struct decision head; /* its transition; strings are in `arena` */
    struct share shares[EMISSIONS];
    bool planned;
    size_t changes[3], untouched; /* orders of the plan, by enum order_change */
    char plan[HASH_HEX];
    struct arena arena;
    size_t orders, releases;
    struct tally kinds, districts;
    char *last_alarm; /* to tell the same one only once in a row */
    size_t alarms_again;
};
void narrator_init(struct narrator *narrator, FILE *stream, const struct policy *policy);
/* What is replayed under what: authority, bundle, facts. */
void narrate_head(struct narrator *narrator, const char *bundle_hash, size_t facts,
                  instant_ms first, instant_ms last);
void narrate(struct narrator *narrator, const struct decision *decision);
/* Closes the last block and sums up. */
void narrate_end(struct narrator *narrator, const struct chronicle *chronicle, const char *digest);
void narrator_release(struct narrator *narrator);

#endif
