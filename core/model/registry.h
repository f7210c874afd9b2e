/* The registry: who can be told to do what (应急减排清单 and its neighbours).
 *
 * Recipients of all kinds stand in one array, sorted by id, so that a recipient is a small number.
 * All strings belong to the bundle.  What two entries have in common (a list of emissions, a
 * measure, the shape of a map) may be one thing in memory, which is why nothing here is changed
 * once it is read; trees are without places. */
#ifndef MODEL_REGISTRY_H
#define MODEL_REGISTRY_H

#include "base/decimal.h"
#include "base/err.h"
#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>

struct yaml;

/* The four pollutants of the list's arithmetic, t/d. */
enum emission { E_SO2, E_NOX, E_PM, E_VOCS, EMISSIONS };
const char *emission_key(enum emission emission);   /* so2 nox pm vocs */
const char *emission_label(enum emission emission); /* SO2 NOx PM VOCs */

enum recipient_kind {
    RECIPIENT_ENTERPRISE, /* 工业源 */
    RECIPIENT_SITE,       /* 扬尘源: 工地, 道路, 堆场, 拆除 */
    RECIPIENT_FLEET,      /* 移动源: 用车大户 */
    RECIPIENT_OFFICE, /* a district duty office, an enforcement team, a grid owner: receives tasks
                       */
};

enum grade {
    GRADE_A_PLUS,
    GRADE_A,
    GRADE_B,
    GRADE_B_MINUS,
    GRADE_C,
    GRADE_D,
    GRADE_LEADING,
    GRADE_NON_LEADING,
    GRADE_NONE
};
const char *grade_name(enum grade grade); /* "A+" … "leading" "non_leading" */
enum supply_class { CLASS_NORMAL, CLASS_GUARANTEED, CLASS_SMALL, CLASS_LONG_STOPPED };

enum proof_kind { PROOF_POWER, PROOF_FLOW, PROOF_MARK, PROOF_GATE, PROOF_KINDS };
enum { PROOF_STATES_MAX = 8 };
/* How one can see from outside that an order is obeyed: which meter shows it, and what it must
 * show. */
struct proof {
    const char *mn, *point; /* NULL: there is no proof */
    const char *series;     /* that the readings come as; NULL: the policy's for the kind */
    enum proof_kind kind;
    micro stopped_below; /* POWER, FLOW: standing still is less than this; MICRO_NONE: not said */
    micro normal;        /* POWER, FLOW: in normal production; MICRO_NONE: not said */
    int at_most;         /* GATE: banned trucks of one step; -1: not said */
    const char *const *stopped; /* MARK: states of a line that stands still, at most
                                   PROOF_STATES_MAX */
    int stopped_count;
};
/* When what the meter shows counts: policy.yaml says it for all, measures.yaml for one measure. */
struct evidence_terms {
    span_ms within;    /* from the order's effect: time to carry it out; 0: nothing is watched */
    span_ms staying;   /* shown so long before it counts as obeyed */
    span_ms above_for; /* not shown so long before it counts as not obeyed */
    span_ms no_data_after; /* without a valid reading so long: no data */
    bool until_obeyed;     /* watched only until then, not until the order is released */
};
struct line {
    const char *id, *name;
    micro day[EMISSIONS];  /* t/d in normal production; MICRO_NONE never */
    const char *safe_text; /* 保温不低于20%; NULL when it may stop altogether */
    int safe_percent;      /* of normal output, never ordered below; 0 when it may stop */
    struct proof proof;
    const struct yaml *node; /* for has{} selectors and the view given to where= */
};
struct outlet {
    const char *id, *kind, *mn;
    const struct yaml *limits; /* map of series stem → figure, e.g. nox: 300 */
    const struct yaml *node;
};

enum measure_kind { MEASURE_STOP, MEASURE_LIMIT, MEASURE_BAN, MEASURE_OTHER };
/* One row of measures.yaml. */
struct measure {
    const char *id; /* stop, limit, ban_trucks, stop_voc_process … */
    enum measure_kind kind;
    const char *text;  /* template: {lines} {percent} {stage} {basis} {from} {to} */
    const char *proof; /* how it is checked */
    const char *scope; /* stop/limit: which lines when none are named: "all" or "vocs" */
    const struct evidence_terms *evidence; /* its own; NULL: the policy's */
};
/* One thing to do at one level, as the list says it. */
struct duty {
    const struct measure *measure;
    const int *lines;  /* positions in the recipient's lines */
    int line_count;    /* 0: the recipient as a whole (all lines) */
    int percent;       /* limit: cut by so many percent, 1..99; 0 otherwise */
    const char *basis; /* limit: what the percent is of, e.g. 按前一年日均产量; or NULL */
    int stage_at_most; /* ban: emission stage; 0 otherwise */
    micro
        cut[EMISSIONS]; /* mobile and dust sources: t/d saved, as the list declares; 0 otherwise */
};
struct contact {
    const char *name, *phone, *webhook, *email;
};
/* Whether what is written of it can be an address: a telephone that can be dialled (else a warning,
 * E020), a webhook, a mailbox (E013).  Findings at the keys of `node`, whoever's contact it is. */
void contact_check(const struct contact *contact, const struct yaml *node,
                   struct findings *findings);
struct recipient {
    enum recipient_kind kind;
    const char *id, *name, *credit_code, *district, *industry, *park;
    const char *const *emits;
    int emit_count;
    enum grade grade;
    enum supply_class supply;
    micro day[EMISSIONS];
    const struct line *lines;
    int line_count;
    const struct outlet *outlets;
    int outlet_count;
    const struct duty *const *duties; /* [level][i]; level as numbered in policy.levels */
    const int *duty_counts;
    const struct contact *contacts;
    int contact_count;
    struct proof proof; /* of what it is told as a whole: bans, stops without lines */
    const struct yaml
        *node; /* all that was written, for what is nowhere else: phase, stage, lon, lat … */
    struct place at; /* where */
};
struct registry {
    struct recipient *recipients; /* sorted by id, bytewise; bundle_free frees the array */
    size_t count;
    size_t lines, outlets; /* totals */
    struct measure *measures;
    size_t measure_count;
};
/* Position, or -1. */
int registry_find(const struct registry *registry, const char *id);
const struct measure *registry_measure(const struct registry *registry, const char *id);

/* t/d of the whole city by sector: what the shares are shares of. */
struct inventory {
    micro total[EMISSIONS];
    micro sector[4][EMISSIONS]; /* industry, mobile, dust, other */
};

#endif
