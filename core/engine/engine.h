/* The deterministic core.
 *
 * It opens no file, reads no clock and draws no random number: an equal program and equal facts
 * give equal decisions, byte for byte.  Live daemon, replay, what-if, unit test and drill are this
 * engine under a different shell. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/rule.h"
#include "model/fact.h"

struct buf;
struct engine;
struct plan;

enum decision_kind {
    DECISION_ISSUE,
    DECISION_RAISE,
    DECISION_LOWER,
    DECISION_LIFT,
    DECISION_REOPEN,
    DECISION_ORDER,
    DECISION_RELEASE,
    DECISION_TASK,
    DECISION_ALARM,
    DECISION_CLEAR,
    DECISION_ROTA_START,
    DECISION_ROTA_END,
    DECISION_KINDS,
    /* Not part of the replay stream nor of its digest: */
    DECISION_PROPOSE = DECISION_KINDS, /* a proposal waits for a person */
    DECISION_EVIDENCE,                 /* what a meter shows of an order */
    DECISION_ACT,                      /* what a person did, or was refused */
    DECISION_KINDS_ALL,
};
const char *decision_kind_name(enum decision_kind kind);
int decision_kind_of(const char *name);

/* One decision.  Borrowed; valid until the engine's next step. */
struct decision {
    instant_ms at;
    enum decision_kind kind;
    const char *rule;         /* NULL: the engine's own alarm */
    const char *episode;      /* episode or instance id, or NULL */
    const char *level, *from; /* level after and before, or NULL */
    const char *const *because;
    int because_count;
    const char *order;         /* ORDER, RELEASE, TASK: the id; else NULL */
    const char *to;            /* recipient */
    const char *measures;      /* canonical JSON array, or NULL */
    const char *text;          /* what the recipient or the duty officer reads, or NULL */
    const char *trace;         /* JSON object: clauses, runs, values, provenance; or NULL */
    const struct plan *plan;   /* on transitions and proposals: the plan it releases; or NULL */
    const char *released_by;   /* ORDER, RELEASE: hash of the plan that released it; else NULL */
    const struct rule *source; /* the rule, or NULL */
    const char *failure;       /* alarms: the message of a script that failed; else NULL */
    instant_ms begin;          /* warning: when it takes effect; INSTANT_NONE otherwise */
    /* EVIDENCE: obeyed late not_obeyed no_data, of which subject, about which order.
     * ACT: approved first_signed overridden lifted held filed expired refused nothing, about which
     * plan.  NULL otherwise. */
    const char *result, *subject, *about;
    const char *judged; /* a TASK that evidence asks for: the order; not printed */
};
struct step {
    const struct decision *decisions;
    size_t count;
};

/* none: every proposal waits for its `decision` fact, except levels with approve "auto".
 * all: replay; every proposal is approved at once. */
enum approvals { APPROVALS_ALL, APPROVALS_BY_FACT };
struct engine_options {
    enum approvals approvals;
    bool drill; /* texts carry 【演练】 */
    bool trace; /* fill decision.trace */
    /* People decide on what is real: an approval names the plan's hash, every act says why, what
     * is strict for the plan is strict for the hand, and an unusually large plan needs two. */
    bool strict;
    /* Called for each clause that was evaluated, with whether it held: coverage.  May be NULL. */
    void (*covered)(void *arg, const struct rule *rule, int condition, bool held);
    void *covered_arg;
};

/* `program` is borrowed and must outlive the engine. */
int engine_new(struct engine **ret_engine, struct program *program,
               const struct engine_options *options);
/* Advances by one fact at fact->arrival.  A rule that fails at run time does not lose the fact: the
 * step succeeds, holds an alarm naming script, rule and line, and the rule is left as it was. Ticks
 * must have been given first (engine_due).  The only error is a programmer's: arrival before the
 * step before (ERR_INVALID). */
int engine_step(struct engine *engine, const struct fact *fact, struct step *ret_step);
/* Gives up what the last step gave, which is no longer valid then: a plan for a whole city is
 * large, and the next step may be hours away. */
void engine_rest(struct engine *engine);
/* When the next tick is due, or INSTANT_NONE.  A tick at time T must be stepped before any fact at
 * T. */
instant_ms engine_due(struct engine *engine);
/* The same, when it is at or before `horizon`; else INSTANT_NONE.  Cheaper: timers beyond are not
 * looked at. */
instant_ms engine_due_by(struct engine *engine, instant_ms horizon);
instant_ms engine_now(const struct engine *engine);
void engine_free(struct engine *engine); /* NULL is fine */

/* The whole state as bytes, by names, so that it can be loaded into an engine of another program (a
 * policy change): rules and subjects that no longer exist are dropped, and named in *ret_dropped in
 * the language in force (caller frees; NULL: nothing). */
void engine_save(const struct engine *engine, struct buf *ret_bytes);
int engine_load(struct engine *engine, const void *bytes, size_t size, char **ret_dropped);

/* Open episodes and instances, pending proposals, held obligations: one JSON object. */
void engine_status(const struct engine *engine, struct buf *ret_json);
/* The proposals that wait: a JSON array, by rule.  Keys: hash rule title episode subject level from
 * kind begin made state (pending, held, first_signed) by (who holds it, or else has signed) held_by
 * signed_by until approve (one, two) missing (signatures) by_hand oversize usual counts {orders
 * bound untouched} shares notice because.  by_hand: ordered by a person and signed once; it is
 * completed by approving its hash, or by the same order of a second person. */
void engine_proposals(const struct engine *engine, struct buf *ret_json);
/* The orders that an approval of that plan would release, by recipient position; strings are valid
 * during the call.  ERR_NOT_FOUND: no such plan waits; ERR_CONFLICT: the recipients hold other
 * orders by now, so it is another plan; ERR_SCRIPT. */
struct order;
int engine_proposal_orders(struct engine *engine, const char *hash,
                           void (*each)(void *arg, const struct order *order), void *arg);
/* Whether the engine would accept a decision now, without changing anything: 0, or ERR_INVALID with
 * the sentence for the person in the language in force.  What is journaled is judged again. */
int engine_act_check(struct engine *engine, const struct fact *decision, struct buf *ret_why);
/* Why not `level` at `at`, not before engine_now(): one JSON object per rule that has the level,
 * with every clause, whether it holds then, its longest candidate run and how far it is from
 * holding. */
void engine_why_not(struct engine *engine, const char *level, instant_ms at, struct buf *ret_json);
/* `replay -o jsonl`: one line, keys in the contract's order, without the newline. */
void decision_print(struct buf *buf, const struct decision *decision, span_ms zone);

#endif
