/* Expectations: what must come of a scenario, and whether it did.
 *
 * An expectation is judged over what was recorded, at its deadline or at the end; judging changes
 * nothing, so it may be asked again.  The window is [not_before, by]; `at` is both at once; `after:
 * INJECT, within: 30m` counts from the moment the inject began. */
#ifndef SHELL_EXPECT_H
#define SHELL_EXPECT_H

#include "base/buf.h"
#include "model/registry.h"
#include "shell/shorthand.h"
#include "shell/who.h"

struct arena;
struct findings;
struct names;
struct program;
struct run;
struct scenario;
struct yaml;

enum expect_kind {
    EXPECT_LEVEL, /* the ladder stands at `is` (or none): at, reached by, throughout [from, to] */
    EXPECT_SEQUENCE, /* the list of all transitions, in order */
    EXPECT_DECISION, /* decisions of kind `is`: issue raise lower lift reopen propose rota_start
                        clear … */
    EXPECT_ORDERS,   /* orders (or releases) to those in `where` */
    EXPECT_TASK,
    EXPECT_ALARM,
    EXPECT_ACK,      /* share of the orders of `of` that were acknowledged */
    EXPECT_EVIDENCE, /* share of them carried out: by their meters, else by their receipts */
    EXPECT_SHARES,   /* percent of the city's emissions that the plan cuts, by pollutant */
    EXPECT_TEXT,     /* texts hold `has` and not `lacks` */
    EXPECT_ABSENCE,  /* nothing of that sort is decided */
    EXPECT_MANUAL,   /* an evaluator judges; printed as a line to fill in */
    EXPECT_KINDS,
};
const char *expect_kind_word(enum expect_kind kind);

struct expect_step {   /* of a sequence */
    int kind;          /* enum decision_kind */
    const char *level; /* or NULL: not said */
    span_ms at;        /* or MOMENT_NONE: not said */
};
struct expect {
    const char *id, *text; /* text: what is expected, in the director's words; or NULL */
    enum expect_kind kind;
    const struct yaml *node;
    /* what is looked for; NULL or -1: any */
    int decision; /* enum decision_kind */
    const char *level, *from, *rule;
    const char *to;      /* recipient id */
    const char *measure; /* kind of measure id in the order, e.g. stop */
    struct who where;
    int of; /* position of the orders expectation, or -1 */
    struct who_list has, lacks, because;
    struct expect_step *steps; /* SEQUENCE */
    int step_count;
    /* how many, how much; -1: not said */
    int count, at_least, at_most;
    int share_per_mille;
    int percent[EMISSIONS]; /* SHARES */
    /* when; MOMENT_NONE: not said */
    span_ms not_before, by;
    bool exact;      /* `at` */
    bool throughout; /* LEVEL: not_before … by is the stretch it must hold in */
    int after;       /* inject the window is counted from, or -1 */
    span_ms within;  /* since then */
    int score;
    int objective;   /* position, or -1 */
    const char *who; /* MANUAL */
};

/* Reads one entry of `expect`.  References are resolved by expect_link. */
bool expect_read(struct expect *ret_expect, struct arena *arena, const struct yaml *node,
                 struct findings *findings);
/* Resolves of, after and objective among the scenario's. */
void expect_link(struct expect *expect, const struct scenario *scenario, struct findings *findings);
/* Levels, rules and recipients against the bundle. */
void expect_check(const struct expect *expect, struct program *program, struct findings *findings);

enum outcome { OUTCOME_MET, OUTCOME_FAILED, OUTCOME_MANUAL };
struct expect_result {
    enum outcome outcome;
    instant_ms at;  /* when it was met, or INSTANT_NONE */
    char *expected; /* in words; owned */
    char *got;      /* in words; owned */
    char *because;  /* of the decision that spoilt or met it; owned; or NULL */
};
/* `now`: how far the run has come; INSTANT_NONE: it is over. */
struct expect_result expect_judge(const struct expect *expect, const struct run *run,
                                  instant_ms now);
void expect_result_release(struct expect_result *result);
/* The latest moment at which it can be settled, or INSTANT_NONE when only the end can. */
instant_ms expect_deadline(const struct expect *expect, const struct run *run);

#endif
