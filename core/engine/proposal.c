/* Proposals: what waits for people, and what they decide.
 *
 * A proposal is a record beside the ladder's state.  It leaves by approval (of its plan's hash, by
 * one or two different persons, neither the bundle's author), by a hold until a time, or filed with
 * a reason; a different proposal replaces it.  Nobody acts: the signer is reminded, then the deputy
 * is called. */
#include "base/xalloc.h"
#include "engine/warning.h"
#include <stdlib.h>
#include <string.h>

const char *approval_of(const struct engine *engine, const struct ladder *ladder, int level)
{
    if (engine->options.approvals == APPROVALS_ALL)
        return "auto";
    int asked = level >= 0 ? level : ladder->level;
    const char *approve = asked >= 0 ? ladder->rule->levels[asked].approve : NULL;
    return approve ? approve : "one";
}

void proposal_release(struct proposal *proposal)
{
    for (int i = 0; i < proposal->because_count; i++)
        free(proposal->because[i]);
    free(proposal->because);
    free(proposal->first_by);
    free(proposal->trace);
    memset(proposal, 0, sizeof *proposal);
}

static void keep_because(struct proposal *proposal, const struct decision *decision)
{
    proposal->because = xcalloc((size_t)decision->because_count + 1, sizeof *proposal->because);
    for (int i = 0; i < decision->because_count; i++)
        proposal->because[i] = xstrdup(decision->because[i]);
    proposal->because_count = decision->because_count;
    proposal->trace = decision->trace ? xstrdup(decision->trace) : NULL;
}

/* The same (level, begin) is not proposed again, whatever became of it. */
bool proposed_already(const struct ladder *ladder, const struct wish *wish)
{
    const struct proposal *proposal = &ladder->proposal;
    return proposal->state != PROPOSAL_NONE && proposal->level == wish->level &&
           proposal->own == wish->own && proposal->begin == wish->begin;
}

void propose(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind)
{
    const char *failure = NULL;
    struct plan *plan = wish_plan(engine, ladder, kind, wish, &failure);
    if (!plan) {
        emit_failure(engine, ladder->rule, failure);
        return;
    }
    struct decision *decision =
        wish_emit(engine, ladder, DECISION_PROPOSE, wish,
                  ladder->level < 0 && kind != DECISION_REOPEN ? engine->now : ladder->start);
    wish_explain(engine, ladder, wish, decision);
    decision->plan = plan;
    decision->trace = trace_condition(engine, ladder->rule, wish->because, engine->verdicts, plan);
    proposal_release(&ladder->proposal);
    ladder->proposal = (struct proposal){
        .state = PROPOSAL_PENDING,
        .own = wish->own,
        .level = wish->level,
        .begin = wish->begin,
        .made = engine->now,
    };
    memcpy(ladder->proposal.hash, plan->hash, HASH_HEX);
    keep_because(&ladder->proposal, decision);
}

/* ---- people ---- */

/* Names are compared without the blanks around them: they do not make a second person. */
static bool same_person(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    for (; a_size > 0 && *a == ' '; a++)
        a_size--;
    for (; b_size > 0 && *b == ' '; b++)
        b_size--;
    while (a_size > 0 && a[a_size - 1] == ' ')
        a_size--;
    while (b_size > 0 && b[b_size - 1] == ' ')
        b_size--;
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool author_of_bundle(const struct engine *engine, const char *by)
{
    return engine->policy->author && same_person(engine->policy->author, by);
}

static void refuse(struct engine *engine, const struct ladder *ladder, const char *why)
{
    struct decision *decision = emit(engine, DECISION_ALARM, ladder->rule);
    decision->level = decision->from = rule_level_name(ladder->rule, ladder->level);
    emit_because(engine, decision, emit_text(engine, "approval refused: %s", why));
}

static struct wish wish_of_proposal(const struct ladder *ladder)
{
    const struct proposal *proposal = &ladder->proposal;
    return (struct wish){.own = proposal->own,
                         .level = proposal->level,
                         .begin = proposal->begin,
                         .at = proposal->made};
}

/* The decision says what the proposal said, not what would be found now. */
static void repeat_proposal(struct engine *engine, const struct proposal *proposal, const char *by,
                            struct decision *decision)
{
    decision->because_count = 0;
    for (int i = 0; i < proposal->because_count; i++)
        emit_because(engine, decision, emit_text(engine, "%s", proposal->because[i]));
    emit_because(engine, decision,
                 proposal->first_by
                     ? emit_text(engine, "approved by %s and %s", proposal->first_by, by)
                     : emit_text(engine, "approved by %s", by));
    if (proposal->trace)
        decision->trace = emit_text(engine, "%s", proposal->trace);
}

/* What was approved is the plan with that hash: if the recipients hold other orders by now, it is
 * another plan. */
static void approve_now(struct engine *engine, struct ladder *ladder, const char *by)
{
    const char *failure = NULL;
    struct wish wish = wish_of_proposal(ladder);
    bool near = ladder->level < 0 && wish.own >= 0 && continues_episode(engine, ladder, wish.begin);
    int kind = transition(ladder, wish.level, near);
    struct plan *plan = wish_plan(engine, ladder, kind, &wish, &failure);
    if (!plan) {
        emit_failure(engine, ladder->rule, failure);
        return;
    }
    if (!str_equal(plan->hash, ladder->proposal.hash)) {
        proposal_release(&ladder->proposal);
        refuse(engine, ladder, "the recipients hold other orders now: it must be proposed again");
        return;
    }
    struct proposal proposal = ladder->proposal;
    memset(&ladder->proposal, 0, sizeof ladder->proposal);
    size_t place = engine->decision_count;
    memset(engine->verdicts, 0, (size_t)ladder->rule->condition_count * sizeof *engine->verdicts);
    wish_apply(engine, ladder, &wish, kind, plan);
    for (size_t i = place; i < engine->decision_count; i++)
        repeat_proposal(engine, &proposal, by, &engine->decisions[i]);
    proposal_release(&proposal);
}

enum { HASH_DIGITS_MIN = 12 }; /* of a plan hash, as reminders show it */

static bool names_plan(const struct proposal *proposal, const char *hash)
{
    return hash && strlen(hash) >= HASH_DIGITS_MIN && str_starts(proposal->hash, hash);
}

static void approve(struct engine *engine, struct ladder *ladder,
                    const struct decision_fact *decision)
{
    struct proposal *proposal = &ladder->proposal;
    if (decision->plan && !names_plan(proposal, decision->plan)) {
        refuse(engine, ladder, emit_text(engine, "the plan that waits is %.12s", proposal->hash));
        return;
    }
    if (author_of_bundle(engine, decision->by)) {
        refuse(engine, ladder, "the bundle's author may not approve");
        return;
    }
    if (str_equal(approval_of(engine, ladder, proposal->level), "two")) {
        if (!proposal->first_by) {
            proposal->first_by = xstrdup(decision->by);
            return;
        }
        if (same_person(proposal->first_by, decision->by)) {
            refuse(engine, ladder, "two different persons must approve");
            return;
        }
    }
    approve_now(engine, ladder, decision->by);
}

static void manual(struct engine *engine, struct ladder *ladder, int level,
                   const struct decision_fact *decision)
{
    struct wish wish = {
        .own = level, .level = level, .begin = engine->now, .at = engine->now, .target = level};
    int directed = directed_level(ladder);
    if (directed > level)
        wish.level = directed;
    if (ladder->own >= 0 && level >= 0 && ladder->begin < engine->now)
        wish.begin = ladder->begin;
    int kind = transition(ladder, wish.level, false);
    bool noted = decision->note && *decision->note;
    wish.words = emit_text(engine, "by %s%s%s", decision->by, noted ? ": " : "",
                           noted ? decision->note : "");
    if (!wish_changes(ladder, &wish, kind))
        return;
    const char *failure = NULL;
    struct plan *plan = wish_plan(engine, ladder, kind, &wish, &failure);
    if (plan)
        wish_apply(engine, ladder, &wish, kind, plan);
    else
        emit_failure(engine, ladder->rule, failure);
}

static void override(struct engine *engine, struct ladder *ladder,
                     const struct decision_fact *decision)
{
    int level = decision->level ? rule_level_number(ladder->rule, decision->level) : -1;
    if (level >= 0)
        manual(engine, ladder, level, decision);
    else
        refuse(
            engine, ladder,
            emit_text(engine, "there is no level %s", decision->level ? decision->level : "named"));
}

static void act(struct engine *engine, struct ladder *ladder, const struct decision_fact *decision)
{
    struct proposal *proposal = &ladder->proposal;
    bool waits = proposal->state == PROPOSAL_PENDING || proposal->state == PROPOSAL_HELD;
    switch (decision->act) {
    case ACT_APPROVE:
        if (waits)
            approve(engine, ladder, decision);
        else
            refuse(engine, ladder, "nothing waits for approval");
        break;
    case ACT_HOLD:
        if (waits) {
            proposal->state = PROPOSAL_HELD;
            proposal->until = decision->until;
            proposal->reminded = 0;
        }
        break;
    case ACT_FILE:
        if (!decision->note || !*decision->note)
            refuse(engine, ladder, "a proposal is filed with a reason");
        else if (waits)
            proposal->state = PROPOSAL_FILED;
        break;
    case ACT_LIFT:
        manual(engine, ladder, -1, decision);
        break;
    case ACT_OVERRIDE:
        override(engine, ladder, decision);
        break;
    }
}

/* The subject of a decision is a plan hash, an episode (the open one, or the one that is proposed),
 * an area, a rule, or rule/area. */
static bool concerns(struct engine *engine, const struct ladder *ladder, const struct fact *fact)
{
    const char *code = engine->policy->areas[ladder->rule->area].code, *subject = fact->subject;
    if (names_plan(&ladder->proposal, fact->decision.plan) ||
        names_plan(&ladder->proposal, subject))
        return true;
    if (!subject)
        return false;
    return str_equal(subject, code) || str_equal(subject, ladder->rule->name) ||
           str_equal(subject, emit_text(engine, "%s/%s", ladder->rule->name, code)) ||
           (ladder->start != INSTANT_NONE &&
            str_equal(subject, instance_id(engine, ladder->rule, code, ladder->start))) ||
           str_equal(subject, instance_id(engine, ladder->rule, code, ladder->proposal.made));
}

bool warning_decision(struct engine *engine, const struct fact *fact)
{
    bool concerned = false;
    for (size_t i = 0; i < engine->warning_count; i++) {
        struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        if (!concerns(engine, ladder, fact))
            continue;
        concerned = true;
        int before = ladder->revision;
        act(engine, ladder, &fact->decision);
        if (ladder->revision == before) /* one transition per evaluation */
            evaluate_rule(engine, (size_t)engine->warnings[i]);
    }
    return concerned;
}

/* ---- time ---- */

instant_ms proposal_due(const struct engine *engine, const struct proposal *proposal)
{
    if (proposal->state == PROPOSAL_HELD)
        return proposal->until;
    if (proposal->state != PROPOSAL_PENDING || proposal->reminded >= 2)
        return INSTANT_NONE;
    instant_ms waits_since = proposal->until > proposal->made ? proposal->until : proposal->made;
    return waits_since +
           (proposal->reminded ? engine->policy->deputy_after : engine->policy->remind_after);
}

/* Nobody has acted: the signer is reminded, then the deputy is called. */
static void remind(struct engine *engine, struct ladder *ladder)
{
    struct proposal *proposal = &ladder->proposal;
    if (proposal->state == PROPOSAL_HELD) { /* the hold is over: it waits again */
        proposal->state = PROPOSAL_PENDING;
        proposal->reminded = 0;
    }
    int asked = proposal->level >= 0 ? proposal->level : ladder->level;
    const struct level *level =
        asked >= 0 ? &engine->policy->levels[ladder->rule->levels[asked].level] : NULL;
    bool deputy = proposal->reminded > 0;
    const char *who = !level ? NULL : deputy ? level->deputy : level->signer;
    proposal->reminded++;
    struct decision *decision = emit(engine, DECISION_TASK, ladder->rule);
    decision->level = rule_level_name(ladder->rule, proposal->level);
    decision->from = rule_level_name(ladder->rule, ladder->level);
    decision->to = who ? who : deputy ? "deputy" : "signer";
    emit_because(engine, decision,
                 emit_text(engine, "proposal %.12s waits for approval", proposal->hash));
    decision->text =
        emit_text(engine, "有预警方案待签发，请尽快处理。方案号：%.12s", proposal->hash);
}

void proposal_tick(struct engine *engine, struct ladder *ladder)
{
    for (instant_ms due = proposal_due(engine, &ladder->proposal);
         due != INSTANT_NONE && due <= engine->now; due = proposal_due(engine, &ladder->proposal))
        remind(engine, ladder);
}
