/* Dispatch: parcels out through their gateways, and the news of them back.
 *
 * It decides nothing and remembers nothing: which letters are due, and how many a gateway may have
 * at once, is the pipeline's to say, and what became of an attempt is written down by its next
 * turn.  What it keeps is the peace of the other side: never more than `per_host` parcels are under
 * way at one host of a gateway; the others wait here. */
#ifndef SHELL_DISPATCH_H
#define SHELL_DISPATCH_H

#include "shell/gateways.h"

struct dispatch;
struct intern;
/* `changed` is called when a parcel came back.  `gateways` are borrowed. */
struct dispatch *dispatch_new(const struct gateways *gateways, void (*changed)(void *arg),
                              void *arg);
/* Opens the channels; not called where nothing may leave.  `options` without its gateway.
 * ERR_… with findings. */
int dispatch_open(struct dispatch *dispatch, uv_loop_t *loop, const struct channel_options *options,
                  struct findings *findings);
/* Sends a list of parcels, taking them over. */
void dispatch_send(struct dispatch *dispatch, struct parcel *parcels);
int dispatch_under_way(const struct dispatch *dispatch);
bool dispatch_has_returned(const struct dispatch *dispatch);
/* The parcels that came back since the last time; the caller owns them. */
struct parcel *dispatch_take_returned(struct dispatch *dispatch);
/* Gives back what has not begun, because we are stopping. */
void dispatch_recall(struct dispatch *dispatch);
/* Gives back what has not begun of these letters, because they have ended. */
void dispatch_recall_ended(struct dispatch *dispatch, const struct intern *letters);
/* Closes the channels; nothing may be under way.  What they close later needs the loop to run on,
 * until dispatch_is_closed. */
void dispatch_close(struct dispatch *dispatch);
bool dispatch_is_closed(const struct dispatch *dispatch);
void dispatch_free(struct dispatch *dispatch); /* after dispatch_close; NULL is fine */

#endif
