/* The past: what a daemon's store remembers, in the form that replay and why work on.
 *
 * Works beside the running daemon.  Replayed under the policy it was recorded under, with the
 * approvals it was recorded with, the past gives the decisions on record; under another policy it
 * answers "what if". */
#ifndef SHELL_PAST_H
#define SHELL_PAST_H

#include "engine/engine.h"

struct bundle;
struct feed;
struct findings;

struct past {
    struct bundle *bundle; /* in force at the end, as the store keeps it */
    struct feed
        *feed; /* all facts but ticks and policy changes, with their recorded arrival; sorted */
    enum approvals approvals; /* how the daemon was run */
    bool drill;
};
/* ERR_… with findings; release in either case. */
int past_read(struct past *ret_past, const char *store_path, struct findings *findings);
void past_release(struct past *past);

#endif
