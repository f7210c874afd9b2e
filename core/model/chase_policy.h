/* The chase, as policy.yaml says it: how soon an order must be acknowledged, and who is told in
 * what order when it is not.
 *
 *     acknowledge: {yellow: 2h, orange: 1h, red: 30m}
 *     escalation:
 *       - {after: 0m, to: second_contact, kind: reminder, repeat: 30m, times: 2}
 *       - {after: 30m, to: district}
 *       - {after: 1h, to: enforcement, hours: working}
 *     working_hours: "08:30 .. 17:00" */
#ifndef MODEL_CHASE_POLICY_H
#define MODEL_CHASE_POLICY_H

#include "base/when.h"
#include <stdbool.h>

struct policy;

enum { CHASE_RUNGS_MAX = 16 };
struct chase_rung {
    span_ms after;  /* the deadline has passed */
    const char *to; /* recipient, second_contact, district, enforcement, or an office's id */
    int kind;       /* enum chase_kind */
    span_ms repeat; /* between its letters */
    int times;      /* letters in all, at least 1 */
    int hours;      /* enum chase_hours */
};
enum chase_kind { CHASE_ESCALATION, CHASE_REMINDER };
enum chase_hours { CHASE_ANY, CHASE_WORKING };
struct chase_policy {
    span_ms *acknowledge; /* by level; 0: not waited for; NULL: for none */
    struct chase_rung rungs[CHASE_RUNGS_MAX];
    int rung_count;
    struct hours working; /* on working days; default all day */
};
/* When letter `number` (from 0) of the rung is due, counted from the deadline; in working hours
 * where the rung says so. */
instant_ms chase_at(const struct policy *policy, const struct chase_rung *rung, instant_ms deadline,
                    int number);
/* The instant itself when it lies in working hours, else the start of the next. */
instant_ms chase_working(const struct policy *policy, instant_ms at);

#endif
