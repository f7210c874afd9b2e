/* Running a scenario: one engine, its facts, its injects and its bots, on simulated time.
 *
 * Nothing leaves the building: orders are recorded and answered by bots, as receipts that the
 * engine is given like any other fact.  Everything that happened is kept in the run, from which
 * expectations are judged and the report is made; equal scenario, bundle and seed give an equal
 * run. */
#ifndef SHELL_SCENARIO_RUN_H
#define SHELL_SCENARIO_RUN_H

#include "base/hash.h"
#include "engine/plan.h"
#include "shell/scenario.h"

/* One decision, kept.  Strings belong to the run. */
struct record {
    instant_ms at, begin;
    enum decision_kind kind;
    const char *rule, *episode, *level, *from, *order, *to, *measures, *text, *trace;
    const char *result, *subject, *about; /* of evidence and acts */
    const char *const *because;
    int because_count;
    int recipient;             /* position in the registry, or -1 */
    const struct rule *source; /* borrowed from the program; or NULL */
    bool planned;              /* a plan came with it: the next fields are known */
    struct share shares[EMISSIONS];
    size_t plan_orders, bound, untouched;
    char plan[HASH_HEX];
    const char *cause; /* source/id of the fact that led to it; NULL: the passing of time */
    enum fact_kind cause_kind;
    /* what came back so far; INSTANT_NONE: nothing */
    instant_ms delivered, acknowledged, refused, done;
    const char *reason; /* of a refusal */
};
/* A value of the chart: of the city, closed. */
struct charted {
    instant_ms start, end;
    int value; /* AQI_UNKNOWN: unknown */
};
struct chart_line {
    struct charted *items;
    size_t count, capacity;
};
enum { CHART_HOUR, CHART_24H, CHART_DAY, CHART_LINES };

struct run {
    struct arena arena;
    const struct scenario *scenario;
    const struct policy *policy;
    struct record *records;
    size_t record_count, record_capacity;
    instant_ms *begun;             /* by inject; INSTANT_NONE: never */
    size_t *inject_facts;          /* by inject: how many facts it brought */
    struct expect_result *results; /* by expectation, at the end */
    struct chart_line lines[CHART_LINES];
    struct fact *bulletins;
    size_t bulletin_count, bulletin_capacity; /* of the city's aqi_day */
    instant_ms first, last;                   /* of what was stepped; INSTANT_NONE: nothing was */
    size_t facts, silenced;                   /* stepped; kept back by a fault */
    char facts_hash[HASH_HEX];
    char *dropped; /* fork: what the other bundle no longer has; or NULL */
};

/* Whoever watches a run.  All may be NULL.  Records and injects are borrowed for the call. */
struct run_observer {
    /* Simulated time is about to move on: the place to wait in, when the run is paced. */
    void (*advance)(void *arg, instant_ms from, instant_ms to);
    void (*decided)(void *arg, const struct record *record);
    void (*began)(void *arg, const struct inject *inject, instant_ms at);
    void (*answered)(void *arg, const struct record *record, enum receipt_kind kind, instant_ms at);
    /* An expectation was settled before the end. */
    void (*settled)(void *arg, const struct expect *expect, const struct expect_result *result,
                    instant_ms at);
    void *arg;
};
struct run_options {
    bool drill; /* texts carry 【演练】 */
    bool trace;
    void (*covered)(void *arg, const struct rule *rule, int condition, bool held);
    void *covered_arg;
    /* After `fork_at` the run goes on under this program (NULL: the same), with these bots (NULL:
     * the same). */
    instant_ms fork_at; /* INSTANT_NONE: no fork */
    struct program *fork_program;
    const struct bots *fork_bots;
    uint64_t fork_seed;
    struct run_observer observer;
};
/* The scenario must be bound to `program`; both must outlive the run.  0, or ERR_INVALID when a
 * fact came before its time (a programmer's error).  Call run_release in either case. */
int run_scenario(struct run *ret_run, struct scenario *scenario, struct program *program,
                 const struct run_options *options);
void run_release(struct run *run);

/* The level of the ladder at the end of that instant: of one rule, or of the strictest warning when
 * NULL; NULL: none. */
const char *run_level_at(const struct run *run, const char *rule, instant_ms instant);
bool record_is_transition(
    const struct record *record); /* issue raise lower lift reopen, of a warning */

#endif
