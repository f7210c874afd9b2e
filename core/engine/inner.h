/* What the engine's own files share: the state, in C structs that can be saved, compared and
 * explained. Nobody outside core/engine includes this. */
#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include "base/arena.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/track.h"

/* ---- what a clause was found to be ---- */

enum ask_mode {
    ASK_ISSUE, /* a run that counts, looking ahead */
    ASK_LIFT,  /* the steps from now on, as far as `lasting` reaches */
    ASK_WATCH, /* the run that ends at the newest closed step; values as they come */
};
struct verdict {
    bool held;
    bool has_run;        /* first and last are set: the run that was found, holding or not */
    int64_t first, last; /* steps of the track */
    instant_ms begin;    /* ISSUE and held: the earliest begin of a counting run */
    micro bound;         /* in force; MICRO_NONE where there is none */
    span_ms lasting;     /* in force; 0: one value does */
    const struct track *track;
};
struct asking {
    struct engine *engine;
    const struct rule *rule;
    int subject;
    enum ask_mode mode;
    span_ms lead;             /* ISSUE */
    struct watcher *watcher;  /* WATCH: keeps its runs between values; or NULL */
    struct verdict *verdicts; /* by condition number; or NULL where nobody asks */
    const char *failure;      /* a where= function failed: its message; first one wins */
};
/* Evaluates the whole tree; every clause, so that all verdicts are filled. */
bool condition_holds(struct asking *asking, const struct condition *condition);
/* Finds out which clauses of a new watcher are plain, so that a value costs them next to nothing.
 */
void runs_prepare(const struct engine *engine, struct watcher *watcher);
/* Forgets kept runs, not what runs_prepare found. */
void runs_forget(struct watcher *watcher);
/* The earliest begin of the counting runs of all clauses below that hold; INSTANT_NONE when none
 * has one. */
instant_ms condition_begin(const struct condition *condition, const struct verdict *verdicts);
micro figure_value(const struct engine *engine, const struct figure *figure, int subject);
span_ms figure_span(const struct engine *engine, const struct figure *figure, span_ms otherwise);
struct seen clause_seen(struct asking *asking, const struct condition *clause, struct track *track,
                        int64_t step);
bool clause_satisfied(struct asking *asking, const struct condition *clause,
                      const struct track *track, int64_t step, const struct seen *seen);
/* "aqi_day > 200 for 48h from 2015-11-06", in the step's arena. */
const char *verdict_words(struct engine *engine, const struct condition *clause,
                          const struct verdict *verdict);
const char *test_sign(enum clause_test test);

/* ---- areas ---- */

struct area_state {
    int subject;        /* of its code */
    instant_ms since;   /* when it was first heard of; INSTANT_NONE: never */
    int64_t open;       /* the oldest hour that is not closed; STEP_NONE: nothing was heard yet */
    uint16_t *reported; /* ring by hour: (station, pollutant) pairs that have reported */
    bool *closed;       /* ring by hour, for hours that closed before their turn */
};
enum { AREA_HOURS_AHEAD = 64 }; /* hours that may wait or come early; settle_after is below this */

/* ---- warnings ---- */

enum proposal_state { PROPOSAL_NONE, PROPOSAL_PENDING, PROPOSAL_HELD, PROPOSAL_FILED };
/* What a plan would bring, kept for those who look at the proposal. */
struct plan_summary {
    uint32_t orders, bound, untouched;
    struct share shares[EMISSIONS];
    char *notice; /* or NULL */
};
struct proposal {
    enum proposal_state state;
    bool by_hand;   /* ordered by a person who has signed first, not found by the rule */
    int own, level; /* the city's own level and the level in force, once approved; -1: lifted */
    int kind;       /* of the transition, or -1: the begin moves */
    bool oversize;  /* it hits unusually many */
    struct plan_summary summary;
    instant_ms begin, made, until;
    int reminded;   /* 0, 1 reminder, 2 deputy */
    char *held_by;  /* who held it */
    char *first_by; /* the first of two approvers */
    char hash[HASH_HEX];
    char **because;
    int because_count;
    char *trace;
};
struct order_from {
    int level; /* in rule->levels */
    instant_ms from, to;
    char *number;
};
/* The last plan that people released: whoever comes second is told. */
struct last_release {
    char *by;
    instant_ms at;
    char hash[HASH_HEX]; /* "": by hand */
};
enum { USUAL_KEPT = 15 };
/* Sizes of the last plans that were released, oldest first. */
struct usual_sizes {
    uint32_t sizes[USUAL_KEPT];
    int count;
};
struct ladder {
    const struct rule *rule;
    int level;        /* in force: max(own, directives); -1: no episode */
    int own;          /* the city's own, approved level; -1: none */
    instant_ms begin; /* of the own level */
    bool under_way;   /* own level: once true, true for the episode */
    instant_ms start; /* of the episode: part of its identity */
    int revision, peak;
    int floor;            /* reopened: not lowered below before its begin; -1: none */
    instant_ms last_lift; /* INSTANT_NONE: never */
    struct order_from *directives;
    size_t directive_count, directive_capacity;
    struct proposal proposal;
    struct proposal hand; /* an act by hand with its first signature; gone with any transition */
    struct last_release released;
    struct usual_sizes usual;
    bool *told; /* by condition number: the unknown alarm of an observed series was raised */
};

/* ---- watches ---- */

/* Length of the run that ends at `step`, no longer than needed.  Derived: kept only for speed. */
struct run_cache {
    int64_t step;
    int length;
    uint32_t edits;
    bool valid;
    bool plain;  /* one observed clause with figures that do not change with the date: */
    int needed;  /* values its run needs, */
    micro bound; /* and what they are compared with; unused by where= */
};
struct watcher {
    const struct rule *rule;
    int subject;
    int number; /* place in engine.watchers */
    bool open, acknowledged, done;
    int level; /* in rule->levels; -1 when not open */
    instant_ms opened;
    uint32_t fired; /* bit per step of the rule */
    uint32_t told;  /* bit per observed series' condition (number mod 32): unknown alarm raised */
    instant_ms armed, looked; /* looked: steps due up to then were tried */
    struct run_cache *runs;   /* by condition number */
    /* events */
    bool event, placed;
    double lon, lat;
    instant_ms last;
    struct watcher *near; /* next in its cell; see event.c */
};

/* ---- rotas ---- */

struct rota_state {
    const struct rule *rule;
    bool active;
    instant_ms from, to; /* of the window in force */
    int revision;
    instant_ms looked; /* windows that start at or before this were decided */
};

/* ---- timers ---- */

enum timer_kind { TIMER_TRACK, TIMER_WATCHER, TIMER_EVIDENCE };
struct timer {
    instant_ms at;
    uint32_t kind_number; /* kind << 30 | number */
};

/* ---- the whole ---- */

struct evidence; /* evidence.h */
struct subject {
    int station, area;           /* positions in the policy, or -1 */
    int recipient, line, outlet; /* positions in the registry, or -1 */
    int *tracks;                 /* by series: track number or -1; NULL until first used */
    struct watcher **watchers;   /* of this subject */
    size_t watcher_count, watcher_capacity;
};
struct engine {
    struct program *program;
    const struct policy *policy;
    const struct rule *rules;
    size_t rule_count;
    struct engine_options options;
    instant_ms now; /* INSTANT_NONE before the first step */

    struct intern names; /* of subjects */
    struct subject *subjects;
    size_t subject_count, subject_capacity;
    struct intern series_names; /* in the policy's order */
    int last_subject;           /* guesses that save a look-up; never part of the state */
    uint32_t last_series;
    struct track **tracks;
    size_t track_count, track_capacity;
    uint32_t track_keep; /* steps a watched series needs */
    int air_series[POLLUTANTS];

    struct area_state *areas;
    int *warnings,
        *rota_rules; /* numbers of the warning rules, and of the rotas with windows of their own */
    size_t warning_count, rota_count;
    struct ladder *ladders; /* one per rule; rule == NULL where it is no warning */
    struct rota_state *rotas;
    struct watcher **watchers;
    size_t watcher_count, watcher_capacity;
    struct watcher **cells;                      /* open events by place; made when first asked */
    size_t cell_count, cell_watchers, cell_seen; /* seen: of the watchers */
    int **series_watches;        /* by series: rules that observe it, -1 at the end */
    struct holding *holdings;    /* by recipient */
    struct evidence **evidences; /* by slot, see evidence.h; NULL where nothing is watched */
    instant_ms *evidence_armed;  /* by slot: its timer in the heap, or INSTANT_NONE */
    int *evidence_slots;         /* by recipient: its first slot */
    size_t evidence_slot_count;
    struct timer *heap;
    size_t heap_count, heap_capacity;

    struct obeyed {
        char *rule, *message;
    } * obeyed; /* failures recorded for the next fact */
    size_t obeyed_count, obeyed_capacity;

    struct failing { /* by rule: the last failure that was told */
        char *message;
        instant_ms told;
    } * failing;

    struct arena arena; /* of the step */
    struct decision *decisions;
    size_t decision_count, decision_capacity;
    struct plan **plans; /* of the step */
    size_t plan_count, plan_capacity;
    struct verdict *verdicts; /* room for the largest rule */
    const struct fact *fact;
    struct spot_of { /* by recipient, read from the list when first asked; NULL before */
        bool placed;
        double lon, lat;
    } * spots;
};

/* engine.c */
struct track *engine_track(struct engine *engine, int subject, int series); /* made when missing */
struct track *engine_track_find(const struct engine *engine, int subject, int series); /* or NULL */
int engine_subject(struct engine *engine, const char *name);
const char *subject_name(const struct engine *engine, int subject);
/* setup.c: what belonged to the step before */
void engine_forget_plans(struct engine *engine);
void engine_forget_failures(struct engine *engine); /* the ones to obey */
/* True when a recorded failure says that the rule failed on this fact; the alarm is raised here. */
bool engine_obeys_failure(struct engine *engine, const struct rule *rule);

/* emit.c: decisions of this step */
struct decision *emit(struct engine *engine, enum decision_kind kind, const struct rule *rule);
const char *emit_text(struct engine *engine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void emit_because(struct engine *engine, struct decision *decision, const char *words);
/* Adds the words of every clause below that holds, out of the engine's verdicts. */
void emit_held(struct engine *engine, struct decision *decision, const struct condition *condition);
void emit_failure(struct engine *engine, const struct rule *rule, const char *message);
void emit_orders(struct engine *engine, const struct decision *cause, struct plan *plan);
/* The identity of a task, out of what it comes from (a rule, an order) and which of its tasks. */
const char *task_id(struct engine *engine, const char *origin, int subject, const char *what);
/* rule/subject/start */
const char *instance_id(struct engine *engine, const struct rule *rule, const char *subject,
                        instant_ms start);
/* All demands in force; of the warning `skip` with this own level and begin instead of what it has.
 * In the step's arena. */
struct demand *engine_demands(struct engine *engine, const struct rule *skip, int own,
                              instant_ms begin, size_t *ret_count);
struct plan *engine_plan(struct engine *engine, const struct plan_context *context,
                         const struct demand *demands, size_t count, const char **reterr);

/* air.c: hours, means, indices */
void air_init(struct engine *engine);
bool air_reading(struct engine *engine, const struct subject *subject, const struct track *track,
                 int64_t step, bool fresh);      /* true when the hour has closed through it */
void air_heard(struct engine *engine, int area); /* the area's hours begin */
instant_ms air_due(const struct engine *engine);
void air_tick(struct engine *engine);

/* warning.c */
void warning_evaluate_area(struct engine *engine, int area);
/* False when no warning of the area has that level. */
bool warning_directive(struct engine *engine, const struct fact *fact);
/* False when it concerns no warning. */
bool warning_decision(struct engine *engine, const struct fact *fact);
instant_ms warning_due(const struct engine *engine);
void warning_tick(struct engine *engine);
void ladder_release(struct ladder *ladder);

/* watch.c */
void watch_attach(struct engine *engine, struct track *track);
void watch_value(struct engine *engine, struct track *track);
void watch_incident(struct engine *engine, const struct fact *fact);
void watch_receipt(struct engine *engine, const struct fact *fact);
void watch_timer(struct engine *engine, struct watcher *watcher);
void watch_unknown(struct engine *engine, struct track *track);
instant_ms watch_track_deadline(const struct engine *engine, const struct track *track);
instant_ms watcher_deadline(const struct engine *engine, const struct watcher *watcher);
struct watcher *watcher_new(struct engine *engine, const struct rule *rule, int subject);

/* subject.c */
bool subject_selected(struct engine *engine, const struct selector *selector, int subject,
                      const char **reterr);
micro subject_limit(const struct engine *engine, int subject, const char *name);
enum { METRES_A_DEGREE = 111195 }; /* of latitude */
double cosine(double degrees);
bool within_metres(double lon1, double lat1, double lon2, double lat2, micro metres);
/* Recipient a step goes to, as its id; "" when nobody is known. */
const char *target_name(struct engine *engine, const struct target *target,
                        const struct watcher *watcher);
/* The office of that role, of the recipient's district first, else of the city; else the role. */
const char *office_for(struct engine *engine, const char *role, const struct recipient *about);

/* rota.c */
instant_ms rota_due(const struct engine *engine);
void rota_tick(struct engine *engine);
void rota_bulletin(struct engine *engine, int area);
const char *rota_subject(const struct engine *engine, const struct rule *rule);

/* silence.c */
void tell_stale_for_rota(struct engine *engine, struct rota_state *rota, int subject);

/* timer.c */
void timer_set(struct engine *engine, enum timer_kind kind, uint32_t number, instant_ms at,
               instant_ms *armed);
/* The earliest true deadline at or before the horizon, or INSTANT_NONE. */
instant_ms timer_due(struct engine *engine, instant_ms horizon);
void timer_tick(struct engine *engine);

/* trace.c */
const char *trace_condition(struct engine *engine, const struct rule *rule,
                            const struct condition *condition, const struct verdict *verdicts,
                            const struct plan *plan);
const char *trace_watcher(struct engine *engine, const struct watcher *watcher,
                          const struct condition *condition, const struct verdict *verdicts);

#endif
