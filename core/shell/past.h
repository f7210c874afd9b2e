/* The past: what a daemon's store remembers, in the form that replay and why work on.
 *
 * Works beside the running daemon.  past_replay tells the history: every fact, tick and change of
 * policy in the order of the journal, each under the policy in force then, with the approvals it
 * was recorded with, gives the decisions on record.  The feed under another policy answers
 * "what if". */
#ifndef SHELL_PAST_H
#define SHELL_PAST_H

#include "base/hash.h"
#include "shell/generation.h"
#include "shell/replay.h"

struct policy;

/* A policy came into force. */
struct past_change {
    char hash[HASH_HEX];
    instant_ms since;
    struct generation *generation; /* made by past_replay; NULL before it came so far */
};
struct past {
    struct store *store;   /* open for past_replay */
    struct bundle *bundle; /* in force at the end, as the store keeps it */
    struct feed
        *feed; /* all facts but ticks and policy changes, with their recorded arrival; sorted */
    enum approvals approvals; /* how the daemon was run */
    bool drill;
    struct past_change *changes; /* in order; at least one */
    size_t change_count, change_capacity;
    int64_t last; /* the journal's last row when it was read; what came later is left out */
};
/* ERR_… with findings; release in either case. */
int past_read(struct past *ret_past, const char *store_path, struct findings *findings);
/* Steps the record as it is, recovery's way: at a change of policy its bundle is built again from
 * the archive and takes the state over.  Facts that arrive after `until` are left out, and ticks go
 * on to it; INSTANT_NONE: to the last row.  `in_force` (may be NULL) is called with observer->arg
 * when a policy takes over.  Options other than approvals and drill are the caller's.  *ret_engine
 * is the engine at the end; it and all the rules stay until past_release.  0, the observer's
 * non-zero answer, or ERR_…, with findings when the store or an archived policy refuses. */
int past_replay(struct past *past, const struct engine_options *options, instant_ms until,
                const struct replay_observer *observer,
                void (*in_force)(void *arg, const struct policy *policy),
                struct engine **ret_engine, struct findings *findings);
/* The policy in force at an instant, when past_replay has come by; INSTANT_NONE: at the end. */
const struct policy *past_policy_at(const struct past *past, instant_ms at);
void past_release(struct past *past);

#endif
