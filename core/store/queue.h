/* The live part of the outbox in memory: what waits and what is under way, in the order in which it
 * leaves.
 *
 * The table stays the truth; this is read out of it when it is first asked for, changed with every
 * statement that changes the table, and dropped when a transaction is undone.  So a turn finds the
 * next letters without a query, and the table needs no index for it.  Only outbox.c uses it. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "base/when.h"
#include <stdbool.h>
#include <stdint.h>

struct queue;
struct queued { /* a consignment, as far as its order goes; texts are borrowed */
    int64_t serial;
    const char *gateway, *host, *address;
    int priority;
    instant_ms not_before;
    bool sending;
};

struct queue *queue_new(void);
void queue_free(struct queue *queue); /* NULL is fine */

/* Adds one; its serial must be new. */
void queue_add(struct queue *queue, const struct queued *row);
/* These do nothing when the serial is not in the queue. */
void queue_remove(struct queue *queue, int64_t serial);
void queue_send(struct queue *queue, int64_t serial);
void queue_wait(struct queue *queue, int64_t serial, instant_ms not_before);

/* See outbox_ready, outbox_next. */
int queue_ready(const struct queue *queue, const char *gateway, instant_ms now, int priority_max,
                int (*each)(void *arg, int64_t serial, const char *host), void *arg);
/* *ret_due: one of them is due; *ret_next: when the next of the others will be, or INSTANT_NONE. */
void queue_next(const struct queue *queue, const char *gateway, instant_ms now, int priority_max,
                bool *ret_due, instant_ms *ret_next);

/* The waiting ones of a host, or no less urgent ones to an address, that are due after `now` are
 * due now; `each` is told of every one. */
int queue_hasten_host(struct queue *queue, const char *gateway, const char *host, instant_ms now,
                      int (*each)(void *arg, int64_t serial), void *arg);
int queue_hasten_address(struct queue *queue, const char *gateway, const char *address,
                         int priority_max, instant_ms now, int (*each)(void *arg, int64_t serial),
                         void *arg);
void queue_shift(struct queue *queue, span_ms by);

#endif
