/* Dispatch: parcels out through a channel, and the news of them back.
 *
 * It decides nothing and remembers nothing: which orders are due is the outbox's to say, and what
 * became of an attempt is written there by the next turn of the pipeline. */
#ifndef SHELL_DISPATCH_H
#define SHELL_DISPATCH_H

#include "shell/channel.h"

struct dispatch {
    const struct channel *channel; /* NULL: nothing leaves */
    void *self;
    int under_way, under_way_max;
    struct parcel *returned, **returned_last; /* attempted, to be written down */
    void (*changed)(void *arg);               /* called when a parcel came back */
    void *arg;
};
/* `channel` may be NULL; the opened channel `self` is taken over. */
void dispatch_init(struct dispatch *dispatch, const struct channel *channel, void *self,
                   int under_way_max, void (*changed)(void *arg), void *arg);
int dispatch_room(const struct dispatch *dispatch); /* how many more may be under way */
/* Sends a list of parcels, taking them over; at most dispatch_room of them. */
void dispatch_send(struct dispatch *dispatch, struct parcel *parcels);
/* The parcels that came back since the last time; the caller owns them. */
struct parcel *dispatch_take_returned(struct dispatch *dispatch);
void dispatch_release(struct dispatch *dispatch); /* nothing may be under way */

/* How long to wait after so many attempts: 1 s, 2 s, 4 s … at most 5 min. */
long dispatch_pause_ms(int attempts);

#endif
