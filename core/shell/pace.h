/* The pace: how fast letters may leave, and how long to wait after a failure.
 *
 * Per gateway a bucket of tokens (rate, burst) and a bound on what is under way.  Where every
 * address is a host of its own, who has not answered for a quarter of a second no longer counts
 * against that bound, up to four times it in all: else the few that answer a byte a second would
 * soon hold every place, and the others wait for their time-outs.  Per host of a
 * gateway an allowance that grows with each success and is halved by each failure; after five
 * failures in a row the host is left alone but for one probe at a time, at growing intervals, and
 * when a probe succeeds it is ramped up from a tenth to all over five minutes: so whoever comes
 * back is not run over by all that has waited.
 *
 * Kept in memory only: after a restart every host has the benefit of the doubt.  Instants are those
 * of a clock that is never set. */
#ifndef SHELL_PACE_H
#define SHELL_PACE_H

#include "shell/gateways.h"

struct pace;
struct pace *pace_new(const struct gateways *gateways); /* borrowed */
void pace_free(struct pace *pace);                      /* NULL is fine */

/* How many letters the gateway may take now. */
int pace_room(struct pace *pace, size_t gateway, instant_ms now);
/* When it has room again for want of tokens, or because who was asked is slow by then;
 * INSTANT_NONE when it has room, or when something must come back first. */
instant_ms pace_room_at(struct pace *pace, size_t gateway, instant_ms now);
/* Whether one more may go to that host.  If not, *ret_again is when to look again; INSTANT_NONE:
 * when something has come back. */
bool pace_admits(struct pace *pace, size_t gateway, const char *host, instant_ms now,
                 instant_ms *ret_again);
/* True when the host fails or recovers: what waits for it is better put aside. */
bool pace_is_troubled(struct pace *pace, size_t gateway, const char *host);
void pace_taken(struct pace *pace, size_t gateway, const char *host, instant_ms now);
void pace_untaken(struct pace *pace, size_t gateway, const char *host);
/* What came of it.  PACE_RECOVERED: the host answers again. */
enum pace_news { PACE_SAME, PACE_OPENED, PACE_RECOVERED };
enum pace_news pace_returned(struct pace *pace, size_t gateway, const struct parcel *parcel,
                             instant_ms now);

/* How long to wait after so many attempts (from 1): 5 s, 30 s, 2 min, 10 min, 30 min, then an hour,
 * lengthened by up to as much again.  The jitter comes out of a hash of id and attempt, so that a
 * replay waits as long; it never shortens, so that twelve attempts span more than six hours. */
int64_t pace_pause_ms(const char *id, int attempts);

#endif
