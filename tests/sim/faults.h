/* What can go wrong or be done in the simulated city, and how often it was.
 *
 * A run in which a kind that it wanted never happened proves nothing about it, and fails. */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

/* name, wanted: 1 in every run, 2 only where letters leave (not in shadow) */
#define FAULT_KINDS(X)                                                       \
    X(died_in_turn, 1)      /* in the middle of writing */                   \
    X(died_after_commit, 1) /* before anybody was told */                    \
    X(died_after_answer, 1) /* before letters were handed out */             \
    X(died_under_way, 2)    /* with letters under way */                     \
    X(died_idle, 1)                                                          \
    X(died_starting, 1) /* in the first turn of a start */                   \
    X(power_lost, 1)                                                         \
    X(write_lost, 1) /* un-synced, when the power went */                    \
    X(write_torn, 1)                                                         \
    X(disk_full, 1)                                                          \
    X(write_failed, 1)                                                       \
    X(sync_failed, 1)                                                        \
    X(clock_leapt, 1)                                                        \
    X(process_stopped, 1) /* for minutes to hours, then goes on */           \
    X(net_down, 2)        /* no answer within the time */                    \
    X(net_refused, 2)     /* nobody listens */                               \
    X(net_429, 2)                                                            \
    X(net_503, 2) /* with Retry-After */                                     \
    X(net_410, 2)                                                            \
    X(net_4xx, 2)                                                            \
    X(net_tarpit, 2)                                                         \
    X(net_flaky, 2)                                                          \
    X(reply_lost, 2) /* taken, but we are not told */                        \
    X(reading_late, 1)                                                       \
    X(reading_twice, 1)                                                      \
    X(reading_conflicts, 1)                                                  \
    X(reading_missing, 1)                                                    \
    X(approved, 1)                                                           \
    X(approved_at_once, 1) /* by two, in the same instant */                 \
    X(approved_again, 1)   /* what was released already */                   \
    X(held, 1)                                                               \
    X(filed, 1)                                                              \
    X(paused, 1)                                                             \
    X(corrected, 2)                                                          \
    X(withdrawn, 2)                                                          \
    X(receipt_in_time, 2)                                                    \
    X(receipt_late, 2)                                                       \
    X(receipt_at_deadline, 2) /* in the very millisecond of an escalation */ \
    X(receipt_never, 2)                                                      \
    X(receipt_twice, 2)                                                      \
    X(receipt_refused, 2)                                                    \
    X(receipt_done, 2)                                                       \
    X(reload_good, 1)                                                        \
    X(reload_broken, 1)                                                      \
    X(rolled_back, 1)                                                        \
    X(shadow_policy, 1)

enum fault {
#define X(name, wanted) FAULT_##name,
    FAULT_KINDS(X)
#undef X
        FAULTS
};
struct faults {
    int64_t counts[FAULTS];
};
const char *fault_name(enum fault fault);
bool fault_is_wanted(enum fault fault, bool letters_leave);

/* Negative controls: what is broken on purpose, and must be found. */
#define BREAKAGES(X)                                                                \
    X(skip_sync, "skip-sync", "a sync does nothing")                                \
    X(early_answer, "early-answer", "sources are answered before the commit")       \
    X(forget_ack, "forget-ack", "a receipt ends nothing")                           \
    X(resend_new_id, "resend-new-id", "a repeated letter has a new id")             \
    X(resend_new_bytes, "resend-new-bytes", "a repeated letter has other bytes")    \
    X(forget_sending, "forget-sending", "a start forgets what was under way")       \
    X(forget_delivered, "forget-delivered", "what was delivered is sent again")     \
    X(forget_lost, "forget-lost", "nobody is told of letters that reached nobody")  \
    X(unapproved, "unapproved", "an order is sent that nobody approved")            \
    X(double_order, "double-order", "an order exists twice")                        \
    X(double_rung, "double-rung", "a rung of the ladder fires twice")               \
    X(early_rung, "early-rung", "a rung fires twenty minutes early")                \
    X(crowd, "crowd", "more than two letters under way at one host")                \
    X(too_fast, "too-fast", "a gateway runs at twice its rate")                     \
    X(too_often, "too-often", "a letter is attempted without end")                  \
    X(other_decision, "other-decision", "a decision on record is not the engine's") \
    X(lose_fact, "lose-fact", "a fact is answered and not recorded")                \
    X(drill_leak, "drill-leak", "a drill sends as if it were real")                 \
    X(shadow_leak, "shadow-leak", "a shadow run sends")

enum breakage {
    BREAK_NOTHING,
#define X(name, word, text) BREAK_##name,
    BREAKAGES(X)
#undef X
        BREAKAGES_END
};
const char *breakage_word(enum breakage breakage);
const char *breakage_text(enum breakage breakage);
int breakage_of(const char *word); /* or −1 */

#endif
