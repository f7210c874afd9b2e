/* Load: what replay, diff, why and drill have in common: a bundle compiled, and a feed of facts.
 *
 * Complaints go to stderr, all of them; the caller only passes the exit code on. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/options.h"
#include "model/feed.h"
#include "shell/past.h"

struct bundle;
struct program;
struct policy;

struct loaded {
    struct bundle *bundle;
    struct program *program;
    const struct policy *policy;
    struct feed *feed; /* sorted */
    bool by_fact; /* proposals wait for decisions: --approvals was given, or the store was run so */
    bool drill;   /* the store is a drill's */
    struct bundle
        *recorded;    /* a store's own policy, where another was asked for; its feed stands on it */
    struct past past; /* a store's; feed and bundle are moved out of it */
    bool own;         /* a store under its own policies: its history, not a what-if */
};
/* What a replay needs, whatever the verb: the facts of --facts and the operands from `skip` on
 * under --policies; or those of --store, under the policy the daemon had in force unless --policies
 * names another.  0, or the exit code; call loaded_release in either case, as with those below. */
int load_all(struct loaded *loaded, const struct options *options, int skip);
/* The table row for --store. */
#define OPTION_STORE                                                                              \
    {                                                                                             \
        0, "store", OPTION_VALUE, "FILE", COMPLETE_FILE,                                          \
            {"facts and policy of a daemon's store instead", "改用守护进程存储中的事实和政策包"}, \
            NULL                                                                                  \
    }
/* The folder that --policies names; without it a complaint with a hint.  `with_json` may be NULL.
 */
int load_policies(struct loaded *loaded, const struct options *options, const char *with_json);
int load_bundle(struct loaded *loaded, const char *folder, const char *with_json);
int load_feed(struct loaded *loaded, const char *const *paths, int count);
/* The files of --facts, and the operands from `skip` on, because a shell writes `--facts a.csv
 * b.csv`; at the end those of --approvals, where the verb has it: at one instant a person answers
 * what was proposed.  Complains when there is none. */
int load_facts(struct loaded *loaded, const struct options *options, int skip);
/* Runs what was loaded: a store's history under the policies in force at each time, anything else
 * under the one policy.  `in_force` (may be NULL) is called with observer->arg when a policy of a
 * history takes over.  *ret_engine is freed by the caller with loaded_engine_free.  0, or the exit
 * code, with the complaint made. */
int loaded_replay(struct loaded *loaded, const struct verb *verb,
                  const struct engine_options *options, instant_ms until,
                  const struct replay_observer *observer,
                  void (*in_force)(void *arg, const struct policy *policy),
                  struct engine **ret_engine);
void loaded_engine_free(const struct loaded *loaded, struct engine *engine); /* NULL is fine */
/* After loaded_replay: the policy at work at an instant; INSTANT_NONE: at the end. */
const struct policy *loaded_policy_at(const struct loaded *loaded, instant_ms at);
void loaded_release(struct loaded *loaded);
/* The --with KEY=JSON options as one JSON object; NULL when there are none.  Caller frees.  0 or
 * the exit code. */
int options_with(const struct options *options, char **ret_json);

#endif
