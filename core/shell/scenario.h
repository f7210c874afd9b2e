/* Scenarios: one format for the unit test of a policy, the replay of a past episode and the
 * tabletop drill.
 *
 * A scenario is a YAML file: what is learnt and when (feed, forecast, readings, injects), under
 * which bundle (bundle, with), how the simulated enterprises answer (bots), and what must come of
 * it (expect).  All times are offsets from `start`, so that a winter can be rebased to next
 * Tuesday.  Without roles and bots it is a unit test.  policies/README.md and
 * examples/drill/README.md describe the format for its writers.
 *
 * Reading has two halves.  scenario_read needs nothing but the file; scenario_bind checks it
 * against the compiled bundle and turns its data into facts.  Both collect every finding (C…, and
 * S… of the key tables). */
#ifndef SHELL_SCENARIO_H
#define SHELL_SCENARIO_H

#include "base/arena.h"
#include "base/yaml.h"
#include "engine/engine.h"
#include "model/feed.h"
#include "shell/bots.h"
#include "shell/expect.h"
#include "shell/shorthand.h"
#include "shell/who.h"

/* A file of facts; `offset` is added to its times, or `rebase`, an instant of the file, becomes T.
 */
struct scenario_feed {
    const char *path; /* as it can be opened from the working directory */
    span_ms offset;
    const char *rebase; /* or NULL */
    const struct yaml *node;
};
struct scenario_role {
    const char *name, *who;
};
struct objective {
    const char *id, *text, *clause; /* clause of the plan, or NULL */
    int weight;
};
/* What really happened: shown beside what the engine decided. */
struct history {
    span_ms at;
    const char *level, *text, *source; /* level: of the bundle, "none" or NULL */
};

enum inject_trigger { TRIGGER_AT, TRIGGER_AFTER, TRIGGER_WHEN };
enum inject_kind { INJECT_DATA, INJECT_FAULT, INJECT_ROLE };
enum fault_kind { FAULT_SILENT, FAULT_INVALID };
/* A decision that lets an inject begin; or an expectation that was settled. */
struct inject_when {
    int kind;                      /* enum decision_kind, or -1: any */
    const char *level, *rule, *to; /* NULL: any; level "none" is after a lift */
    int expect;                    /* position in expects, or -1 */
    bool failed;                   /* expect: begins when it fails; otherwise when it is met */
};
struct inject_fault {
    struct who_list of; /* subjects: stations, outlets, or an area for its bulletins */
    int kind;           /* enum fault_kind */
    span_ms lasting;
};
struct inject {
    const char *id, *title;
    enum inject_trigger trigger;
    span_ms at;    /* AT */
    int after;     /* AFTER: position in injects */
    span_ms delay; /* AFTER, WHEN */
    struct inject_when when;
    enum inject_kind kind;
    const char *from, *to, *by, *text; /* role; text also for the others */
    struct inject_fault fault;
    const struct yaml *node; /* data: scenario_data reads it when the inject begins */
};

struct scenario {
    struct arena arena;
    const char *path;
    const struct yaml *root;
    const char *title, *start_text, *banner;
    instant_ms start;   /* by scenario_read in +08:00, by scenario_bind in the bundle's zone */
    const char *bundle; /* path */
    char *with_json;    /* or NULL */
    uint64_t seed;
    int speed;       /* simulated seconds per second; 0: as fast as it goes */
    span_ms stop_at; /* or MOMENT_NONE */
    enum approvals approvals;
    struct scenario_feed *feeds;
    size_t feed_count;
    struct scenario_role *roles;
    size_t role_count;
    struct bots bots;
    struct objective *objectives;
    size_t objective_count;
    struct history *history;
    size_t history_count;
    struct inject *injects;
    size_t inject_count;
    struct expect *expects;
    size_t expect_count;
    const char *report_title; /* or NULL: the title */
    const char *const *report_notes;
    size_t report_note_count;
    /* by scenario_bind */
    const struct policy *policy;
    struct feed *feed; /* sorted; files, then forecast and readings */
};

/* A value to be put over the file's own, before it is read: "bots.0.ack.p" "0.5".  A key that is
 * not in the file is added to its map; a list item must exist. */
struct scenario_set {
    const char *path, *value;
};

/* Reads and checks the file.  `sets` may be NULL.  Fails when a finding is an error; call
 * scenario_free on *ret_scenario in either case (it may be NULL). */
int scenario_read(struct scenario **ret_scenario, const char *path, const struct scenario_set *sets,
                  size_t set_count, struct findings *findings);
/* The same out of text in memory; `path` is what findings name, and gives the folder of the files
 * it names. */
int scenario_read_text(struct scenario **ret_scenario, const char *path, const char *text,
                       size_t size, const struct scenario_set *sets, size_t set_count,
                       struct findings *findings);
/* The program must outlive the scenario's use.  Fails when a finding is an error. */
int scenario_bind(struct scenario *scenario, struct program *program, struct findings *findings);
void scenario_free(struct scenario *scenario); /* NULL is fine */

/* True when it has roles or bots: a drill, otherwise a unit test. */
bool scenario_is_drill(const struct scenario *scenario);
/* `T+1d2h`, for people.  Adds to the buffer. */
void scenario_print_offset(struct buf *buf, const struct scenario *scenario, instant_ms instant);

int scenario_expect(const struct scenario *scenario, const char *id);

#endif
