/* Upkeep: what the daemon does for itself beside its work.
 *
 * A pulse, every few seconds: one turn that is empty when nothing else asks for one, and only when
 * it has come to its end is systemd's watchdog fed, the heartbeat set, the outside switch called
 * and the status said.  So who looks from outside sees that loop, worker, engine and store all
 * work, not that a timer does.  On the pulse also ride the gauges, the anchors file, backups,
 * retention and the self-check. */
#ifndef SHELL_UPKEEP_H
#define SHELL_UPKEEP_H

#include "shell/health.h"
#include "shell/upkeep_host.h"

struct turn;
struct upkeep;

enum {
    PULSE_MS = 10000, /* and three times as often as the watchdog asks, if that is more often */
    ALIVE_MS = 60000, /* without a finished turn for so long we are not */
};
/* `host->metrics` and the rest must live as long; the first pulse comes with the first turn.
 * ERR_… with findings. */
int upkeep_new(struct upkeep **ret_upkeep, const struct upkeep_host *host, const char *store_path,
               bool fallen_back, struct findings *findings);
/* From the loop: a turn is given to the worker; a turn is over (before its deliveries are answered
 * and its parcels freed). */
void upkeep_turn_begins(struct upkeep *upkeep);
void upkeep_turn_over(struct upkeep *upkeep, const struct turn *turn, int err, struct store *store,
                      bool short_of_room);
/* Brings the metrics up to date: before they are scraped. */
void upkeep_refresh(struct upkeep *upkeep);
struct health upkeep_health(const struct upkeep *upkeep);
/* For people: a backup now.  ERR_NOT_FOUND: it is not configured; ERR_CONFLICT: one is under way.
 */
int upkeep_backup(struct upkeep *upkeep);

/* No pulse any more. */
void upkeep_stop(struct upkeep *upkeep);
/* Nothing of it waits for an answer from outside. */
bool upkeep_is_idle(const struct upkeep *upkeep);
/* Closes what has handles; the loop must run on until they are closed. */
void upkeep_close(struct upkeep *upkeep);
/* The worker's thread has ended and the store is still open.  NULL is fine, in all of these. */
void upkeep_free(struct upkeep *upkeep);

#endif
