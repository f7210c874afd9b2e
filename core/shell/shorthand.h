/* Shorthand: the short words a scenario is written in.
 *
 *   T+1d2h  T-24h  T        a moment: `start` plus or minus a span
 *   +30m                    a moment counted from the inject it stands in
 *   2m..40m  8m             a range of spans (bots)
 *   120x10 180..240x7 ?x2 _x3 35/Fx4
 *                           a run of values: 120 ten times, seven values rising evenly from 180 to
 * 240, two that were reported but are unknown, three hours of silence, four of 35 with flag F
 *
 * Everything is exact: figures are micro, times milliseconds. */
#ifndef SHELL_SHORTHAND_H
#define SHELL_SHORTHAND_H

#include "base/decimal.h"
#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>

struct findings;
struct yaml;

#define MOMENT_NONE INT64_MIN

/* A moment of a scenario: a span from T, or from the inject it stands in. */
struct moment {
    span_ms offset;
    bool from_inject;
};
/* 0, ERR_SYNTAX or ERR_INVALID. */
int moment_parse(const char *text, struct moment *ret_moment);
/* A moment counted from T.  False, with a finding, when the node is not one; `what` names it. */
bool moment_read(const struct yaml *node, const char *what, span_ms *ret_offset,
                 struct findings *findings);
/* The same, `+30m` allowed. */
bool moment_read_any(const struct yaml *node, const char *what, struct moment *ret_moment,
                     struct findings *findings);

struct span_range {
    span_ms low, high; /* both included */
};
bool span_range_read(const struct yaml *node, const char *what, struct span_range *ret,
                     struct findings *findings);

/* One value of a run. */
struct run_value {
    bool silent; /* not reported at all */
    micro value; /* MICRO_NONE: reported, unknown */
    char flag;   /* 0: none */
};
enum { RUN_VALUES_MAX = 20000 }; /* two years of hours; a longer run is a typing mistake */

/* The values of a run, out of text or out of a list of such texts.  NULL, with a finding, when it
 * is not one. Caller frees. */
struct run_value *run_values_read(const struct yaml *node, const char *what, size_t *ret_count,
                                  struct findings *findings);

#endif
