/* What the files of a warning share: warning.c works out and takes transitions, proposal.c asks
 * people, act.c takes what they decide, silence.c raises the alarms of what stays unknown. */
#ifndef ENGINE_WARNING_H
#define ENGINE_WARNING_H

#include "engine/inner.h"

/* What the evaluation found, before anybody approves. */
struct wish {
    int own, level; /* wanted; -1: none */
    instant_ms begin;
    instant_ms at; /* when it was found: a plan's texts and hash speak of this time, also when
                      approved later */
    bool reopen;
    int target;                      /* highest level whose issue_when holds, or -1 */
    const struct condition *because; /* the condition that explains it, or NULL */
    const char *words;               /* or plain words */
};

const char *rule_level_name(const struct rule *rule, int level);  /* NULL for -1 */
int rule_level_number(const struct rule *rule, const char *name); /* or -1 */
/* The level of the strictest directive, or -1. */
int directed_level(const struct ladder *ladder);
/* Decision kind of the step from the ladder's level to `level`, or -1 for none. */
int transition(const struct ladder *ladder, int level, bool reopen);
bool wish_changes(const struct ladder *ladder, const struct wish *wish, int kind);
/* Takes the wish over at once: decision, orders, state.  `plan` is the wish's plan. */
void wish_apply(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind,
                struct plan *plan);
/* For proposals: the plan and the explained decision, without changing anything. */
struct plan *wish_plan(struct engine *engine, const struct ladder *ladder, int kind,
                       const struct wish *wish, const char **reterr);
struct decision *wish_emit(struct engine *engine, const struct ladder *ladder,
                           enum decision_kind kind, const struct wish *wish, instant_ms start);
void wish_explain(struct engine *engine, const struct ladder *ladder, const struct wish *wish,
                  struct decision *decision);
/* Whether a begin so soon after the last lift continues the same episode. */
bool continues_episode(const struct engine *engine, const struct ladder *ladder, instant_ms begin);
/* One evaluation of the rule, with the alarms that go with it. */
void evaluate_rule(struct engine *engine, size_t number);

/* proposal.c */
const char *approval_of(const struct engine *engine, const struct ladder *ladder, int level);
bool proposed_already(const struct ladder *ladder, const struct wish *wish);
void propose(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind);
/* An act by hand that `by` has signed and somebody else must sign too. */
void propose_by_hand(struct engine *engine, struct ladder *ladder, const struct wish *wish,
                     int kind, struct plan *plan, const char *by);
void proposal_release(struct proposal *proposal);
instant_ms proposal_due(const struct engine *engine, const struct proposal *proposal);
void proposal_tick(struct engine *engine, struct ladder *ladder, struct proposal *proposal);
/* Why the plan is unusually large, or NULL. */
const char *oversize_words(struct engine *engine, const struct ladder *ladder,
                           const struct plan *plan);
uint32_t usual_size(const struct ladder *ladder); /* 0: no habit yet */
void usual_add(struct ladder *ladder, size_t size);

/* act.c */
struct act_words {
    const struct decision_fact *act; /* NULL: nobody's */
    const struct proposal *proposal; /* the ladder's own or its hand; NULL: neither */
    const char *result, *reason;     /* reason may be NULL */
};
/* The line of kind `act`; about `words->proposal`, if there is one. */
void act_note(struct engine *engine, const struct ladder *ladder, const struct act_words *words);
/* The plan of what waits, as an approval now would release it, with its wish and kind; NULL and
 * *reterr when a selector fails. */
struct plan *proposal_plan(struct engine *engine, const struct ladder *ladder,
                           const struct proposal *proposal, struct wish *ret_wish, int *ret_kind,
                           const char **reterr);
bool proposal_waits(const struct proposal *proposal);
/* True when `given` is the hash, or enough digits of it to name it; NULL names nothing. */
bool hash_named(const char *hash, const char *given);
void release_note(struct engine *engine, struct ladder *ladder, const char *by, const char *hash);

/* silence.c */
void tell_silences(struct engine *engine, struct ladder *ladder);
void tell_stale_bulletins(struct engine *engine, struct ladder *ladder);
instant_ms silences_due(const struct engine *engine, struct ladder *ladder);

#endif
