/* Rules as data.
 *
 * A script is loaded, checked, frozen and turned into these structs; from then on clauses are
 * evaluated in C. What a rule's author wrote stays beside it: file, line and the words for the
 * trace.  Everything belongs to the program's arena. */
#ifndef ENGINE_RULE_H
#define ENGINE_RULE_H

#include "base/decimal.h"
#include "base/when.h"
#include "model/policy.h"

enum rule_kind { RULE_WARNING, RULE_WATCH, RULE_ROTA };

/* A number or span in a rule: written in place, or taken from the bundle's dated figures through
 * `p`, or looked up in the subject (`limit "nox"`). */
enum figure_kind { FIGURE_NONE, FIGURE_CONST, FIGURE_DATED, FIGURE_LIMIT };
struct figure {
    enum figure_kind kind;
    micro value;             /* CONST: number in micro, or span in ms (see the slot) */
    const struct yaml *node; /* DATED: the list of {valid_from, value} */
    const char *path;        /* "levels.yellow.day", when it came through p; or the limit's name */
    const char *file;
    int line; /* where the figure itself is written, for the trace */
};

enum condition_kind { CONDITION_CLAUSE, CONDITION_ALL, CONDITION_ANY };
enum clause_view { VIEW_OBSERVED, VIEW_FORECAST, VIEW_TIMELINE, VIEW_RECEIPT };
enum clause_test {
    TEST_ABOVE,
    TEST_AT_LEAST,
    TEST_BELOW,
    TEST_AT_MOST,
    TEST_IS,
    TEST_ONE_OF,
    TEST_WHERE,
    TEST_DONE
};
struct condition {
    enum condition_kind kind;
    int number; /* within the rule, depth first from 0: names the clause in traces and coverage */
    int line;   /* in the rule's file */
    /* ALL, ANY */
    struct condition *items;
    int count;
    bool joint; /* ALL with `lasting`: the clauses hold together at the same steps */
    /* CLAUSE */
    enum clause_view view;
    int series; /* position in policy.series; -1 for VIEW_RECEIPT */
    enum clause_test test;
    struct figure bound;
    const int *states; /* IS, ONE_OF: state positions */
    int state_count;
    int where; /* TEST_WHERE: number for script_where(); -1 otherwise */
    /* both */
    struct figure lasting; /* span; FIGURE_NONE: one value does */
    const char *words; /* "aqi_day > 200" : the test in plain ASCII words; dated figures print as in
                          force, so this is the part before the operator: the series name */
};

/* Who: a kind of thing and the attributes it must have.  `park`, `grade`, `phase`… are looked up in
 * the C structs first, then in the node as written. */
enum subject_kind {
    SUBJECT_AREA,
    SUBJECT_ENTERPRISE,
    SUBJECT_SITE,
    SUBJECT_FLEET,
    SUBJECT_OUTLET,
    SUBJECT_LINE,
    SUBJECT_STATION,
    SUBJECT_EVENT
};
struct selector_attribute {
    const char *key;
    const char *const *values; /* any of them; a `true`/`false` is written so */
    int count;
    bool at_least; /* numeric: attribute ≥ values[0] (event { at_least = {confidence = 0.8} }) */
    micro bound;
};
struct selector {
    bool present;
    enum subject_kind kind;
    struct selector_attribute *attributes;
    int count;
    const char *const
        *has; /* lines { has = { "production_kw", … } }: series the line must have a point for */
    int has_count;
    int where;          /* where=function(e) for script_where(), or -1 */
    span_ms merge_span; /* event: one instance within this time … */
    micro merge_metres; /* … and this distance */
    int line;
};

/* Where a step of a watch goes. */
enum target_kind { TARGET_NAMED, TARGET_SUBJECT, TARGET_GRID, TARGET_WITHIN, TARGET_DOWNWIND };
struct target {
    enum target_kind kind;
    const char
        *name; /* NAMED: "district", "enforcement", an office id; GRID: group village town county */
    micro metres;        /* WITHIN, DOWNWIND */
    struct selector who; /* WITHIN, DOWNWIND: which recipients; not present: all */
};
struct watch_step {
    struct figure lasting; /* the run's length; FIGURE_NONE: at once */
    struct figure after;   /* span since the instance opened */
    const char *unless;    /* receipt that makes it superfluous: "done", "acknowledged"; or NULL */
    struct target to;
    const char *text; /* or NULL: the rule's title */
    int line;
};
struct rule_level {
    const char *name;       /* yellow */
    int level;              /* warning: position in policy.levels */
    const char *response;   /* Ⅲ级, or NULL */
    const char *approve;    /* auto one two */
    struct condition *when; /* issue_when (warning), when (watch) */
    int line;
};
enum downgrade { DOWNGRADE_HOLD, DOWNGRADE_FOLLOW };
enum on_unknown { UNKNOWN_ALARM, UNKNOWN_TASK, UNKNOWN_HOLD };

struct rule {
    enum rule_kind kind;
    const char *name, *title;
    const char *file;
    int line;
    const struct document *basis;
    const char *article; /* basis = doc "plan" or doc { "plan", article = "4.2" } */
    int area;            /* warning; rota with a forecast: position in policy.areas; -1 otherwise */
    unsigned only_primary;     /* bit set; 0: any */
    struct rule_level *levels; /* lowest first; a watch without levels has one, unnamed */
    int level_count;
    struct condition
        *lift_when; /* warning: lift_when; watch: clear_when; NULL: when `when` no longer holds */
    struct figure lead,
        merge_within; /* warning: spans, defaults 60h and 36h; rota: lead default 0 */
    enum downgrade downgrade;
    int condition_count; /* numbers used by conditions */
    /* watch */
    struct selector per;
    enum on_unknown on_unknown;
    struct watch_step *steps;
    int step_count;
    /* rota */
    bool has_season;
    struct season season;
    int during_rule;      /* `during = level{rule, at_least}`: position in program.rules, or -1 */
    int during_level;     /* position in policy.levels */
    struct condition *on; /* or NULL: every day of the season */
    bool has_hours;
    struct hours hours;
    const char *workdays; /* "workdays", "holidays" or NULL */
    const char *heating;  /* `during = calendar "heating"`: a calendar season's name, or NULL */
    struct selector who, except;
    struct duty duty; /* the measure; percent and stage as the rule writes them */
};

/* A bundle compiled.  Opaque to everyone but program.c, bind_*.c and script.c: holds the Lua state.
 */
struct program;
struct bundle;
struct findings;

/* Runs the bundle's scripts in a fresh sandbox and compiles what they return.  All findings are
 * collected; fails when one is an error.  The bundle must outlive the program. */
int program_new(struct program **ret_program, const struct bundle *bundle,
                struct findings *findings);
/* The rules of a bundle whose YAML has errors, so that one run tells all: what they name and nobody
 * wrote, figures they cannot use.  Adds only what is not told yet and does not follow from an entry
 * that was refused. */
void program_look(const struct bundle *bundle, struct findings *findings);
void program_free(struct program *program);
const struct policy *program_policy(const struct program *program);
const struct bundle *program_bundle(const struct program *program);
const struct rule *program_rules(const struct program *program, size_t *ret_count);

/* Loads one script alone, without a bundle (`yujing check FILE.lua`): syntax, names, sandbox; `p`
 * answers any path.  Used for the attack corpus: always returns within the budget. */
int script_check(const char *file, const char *source, size_t size, struct findings *findings);

/* What a where= function sees of one value.  All borrowed for the call. */
struct where_value {
    const char *subject, *series;
    instant_ms time;    /* start of the step */
    struct ratio value; /* known */
    /* k-th value before this one (k ≥ 1); den 0: unknown.  May be NULL. */
    struct ratio (*before)(void *arg, int k);
    /* another series of the same subject at the same step; den 0: unknown.  May be NULL. */
    struct ratio (*other)(void *arg, const char *series);
    void *arg;
};
/* Asks function `number`.  *ret is the answer (nil is false).  On a script error or a spent budget
 * ERR_SCRIPT, with "file:line: message" in *reterr (borrowed until the next call). */
int script_where_value(struct program *program, int number, const struct where_value *value,
                       bool *ret, const char **reterr);
int script_where_recipient(struct program *program, int number, const struct recipient *recipient,
                           bool *ret, const char **reterr);

#endif
