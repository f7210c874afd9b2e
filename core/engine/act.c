/* Acts: what people decide.
 *
 * An approval is of a plan's hash, by one or two different persons, neither the bundle's author; a
 * hand gives or takes a level without a proposal.  In a strict engine an approval needs the hash,
 * every act says why, a hand needs the signatures a plan needs, and an unusually large plan needs
 * two persons who name its size.  What does not count is refused aloud (act_refusal.c). */
#include "engine/act.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* ---- telling ---- */

void release_note(struct engine *engine, struct ladder *ladder, const char *by, const char *hash)
{
    free(ladder->released.by);
    ladder->released = (struct last_release){.by = xstrdup(by), .at = engine->now};
    memcpy(ladder->released.hash, hash, strnlen(hash, HASH_HEX - 1));
}

void act_note(struct engine *engine, const struct ladder *ladder, const struct act_words *words)
{
    const struct decision_fact *act = words->act;
    struct decision *decision = emit(engine, DECISION_ACT, ladder->rule);
    const char *code = engine->policy->areas[ladder->rule->area].code;
    if (ladder->start != INSTANT_NONE)
        decision->episode = instance_id(engine, ladder->rule, code, ladder->start);
    decision->level = decision->from = rule_level_name(ladder->rule, ladder->level);
    decision->result = words->result;
    if (words->proposal && words->proposal->state != PROPOSAL_NONE)
        decision->about = emit_text(engine, "%s", words->proposal->hash);
    if (act)
        emit_because(engine, decision,
                     emit_text(engine, "act %s by %s%s%s", decision_act_name(act->act), act->by,
                               says_why(act) ? ": " : "", says_why(act) ? act->note : ""));
    if (words->reason)
        emit_because(engine, decision, words->reason);
}

static void refuse(struct engine *engine, const struct ladder *ladder,
                   const struct proposal *proposal, const struct decision_fact *act,
                   const char *why)
{
    struct decision *decision = emit(engine, DECISION_ALARM, ladder->rule);
    decision->level = decision->from = rule_level_name(ladder->rule, ladder->level);
    emit_because(engine, decision, emit_text(engine, "approval refused: %s", why));
    act_note(engine, ladder, &(struct act_words){act, proposal, "refused", why});
}

/* One person has done what needs two: everybody must hear of it. */
static void shout(struct engine *engine, const struct ladder *ladder,
                  const struct decision_fact *decision)
{
    struct decision *alarm = emit(engine, DECISION_ALARM, ladder->rule);
    alarm->level = alarm->from = rule_level_name(ladder->rule, ladder->level);
    emit_because(engine, alarm,
                 emit_text(engine, "break-glass: %s alone: %s", decision->by, decision->note));
    alarm->text =
        emit_text(engine, "%s紧急授权：%s未经第二人签发，一人作出决定。理由：%s。请立即核实。",
                  engine->options.drill ? "【演练】" : "", decision->by, decision->note);
}

/* ---- who signs ---- */

struct signers {
    const char *names; /* "甲, 乙" */
    const char *words; /* "甲 and 乙" */
};

/* `first` is who signed before, or NULL. */
static struct signers signers_of(struct engine *engine, const struct decision_fact *act,
                                 const char *first)
{
    if (act->act == ACT_BREAK_GLASS)
        return (struct signers){act->by, emit_text(engine, "%s alone, by break-glass", act->by)};
    if (!first)
        return (struct signers){act->by, act->by};
    return (struct signers){emit_text(engine, "%s, %s", first, act->by),
                            emit_text(engine, "%s and %s", first, act->by)};
}

/* ---- approving ---- */

struct plan *proposal_plan(struct engine *engine, const struct ladder *ladder,
                           const struct proposal *proposal, struct wish *ret_wish, int *ret_kind,
                           const char **reterr)
{
    struct wish wish = {.own = proposal->own,
                        .level = proposal->level,
                        .begin = proposal->begin,
                        .at = proposal->made};
    bool near = !proposal->by_hand && ladder->level < 0 && wish.own >= 0 &&
                continues_episode(engine, ladder, wish.begin); /* a hand opens anew */
    *ret_wish = wish;
    *ret_kind = transition(ladder, wish.level, near);
    return wish_plan(engine, ladder, *ret_kind, &wish, reterr);
}

/* The decisions from `place` on say what the proposal said, not what would be found now; all the
 * same, so the words stand there once. */
static void repeat_proposal(struct engine *engine, const struct proposal *proposal, const char *by,
                            size_t place)
{
    struct decision said = {0};
    for (int i = 0; i < proposal->because_count; i++)
        emit_because(engine, &said, emit_text(engine, "%s", proposal->because[i]));
    emit_because(engine, &said, emit_text(engine, "approved by %s", by));
    const char *trace = proposal->trace ? emit_text(engine, "%s", proposal->trace) : NULL;
    for (size_t i = place; i < engine->decision_count; i++) {
        struct decision *decision = &engine->decisions[i];
        decision->because = said.because;
        decision->because_count = said.because_count;
        decision->trace = trace ? trace : decision->trace;
    }
}

/* What was approved is the plan with that hash: if the recipients hold other orders by now, it is
 * another plan. */
static bool approve_now(struct engine *engine, struct ladder *ladder, struct proposal *meant,
                        const struct decision_fact *act, const struct signers *signers)
{
    const char *failure = NULL;
    struct wish wish;
    int kind;
    struct plan *plan = proposal_plan(engine, ladder, meant, &wish, &kind, &failure);
    if (!plan) {
        emit_failure(engine, ladder->rule, failure);
        return false;
    }
    if (!str_equal(plan->hash, meant->hash)) {
        proposal_release(meant);
        refuse(engine, ladder, NULL, act,
               "the recipients hold other orders now: it must be proposed again");
        return false;
    }
    struct proposal proposal = *meant;
    memset(meant, 0, sizeof *meant);
    size_t place = engine->decision_count;
    memset(engine->verdicts, 0, (size_t)ladder->rule->condition_count * sizeof *engine->verdicts);
    wish_apply(engine, ladder, &wish, kind, plan);
    repeat_proposal(engine, &proposal, signers->words, place);
    release_note(engine, ladder, signers->names, proposal.hash);
    proposal_release(&proposal);
    return true;
}

static void note_release(struct engine *engine, const struct ladder *ladder,
                         const struct decision_fact *act, const char *result)
{
    act_note(engine, ladder, &(struct act_words){act, &ladder->proposal, result, NULL});
    if (*ladder->released.hash)
        engine->decisions[engine->decision_count - 1].about =
            emit_text(engine, "%s", ladder->released.hash);
}

static void approve(struct engine *engine, struct ladder *ladder, struct proposal *proposal,
                    const struct decision_fact *act)
{
    bool alone = act->act == ACT_BREAK_GLASS, two = proposal_needs_two(engine, ladder, proposal);
    if (two && !alone && !proposal->first_by) {
        proposal->first_by = xstrdup(act->by);
        act_note(engine, ladder, &(struct act_words){act, proposal, "first_signed", NULL});
        return;
    }
    struct signers signers = signers_of(engine, act, two && !alone ? proposal->first_by : NULL);
    if (approve_now(engine, ladder, proposal, act, &signers)) {
        if (alone)
            shout(engine, ladder, act);
        note_release(engine, ladder, act, "approved");
    }
}

/* ---- acting by hand ---- */

/* Shown to everybody with its plan, so that whoever may approve can be the second. */
static void sign_first(struct engine *engine, struct ladder *ladder,
                       const struct decision_fact *act, struct hand *hand)
{
    hand->wish.words = emit_text(engine, "by %s%s%s", act->by, says_why(act) ? ": " : "",
                                 says_why(act) ? act->note : "");
    propose_by_hand(engine, ladder, &hand->wish, hand->kind, hand->plan, act->by);
    act_note(engine, ladder, &(struct act_words){act, &ladder->hand, "first_signed", NULL});
}

static void by_hand(struct engine *engine, struct ladder *ladder, const struct decision_fact *act,
                    int level)
{
    struct hand hand = hand_of(engine, ladder, level);
    bool alone = act->act == ACT_BREAK_GLASS;
    bool two = engine->options.strict && !alone && hand_needs_two(engine, ladder, level, &hand);
    const char *first = two ? hand_signed_by(ladder, level) : NULL;
    if (!hand.plan) {
        if (hand.failure)
            emit_failure(engine, ladder->rule, hand.failure);
        else
            act_note(engine, ladder, &(struct act_words){act, &ladder->proposal, "nothing", NULL});
        return;
    }
    if (two && !first) {
        sign_first(engine, ladder, act, &hand);
        return;
    }
    struct signers signers = signers_of(engine, act, first);
    hand.wish.words = emit_text(engine, "by %s%s%s", signers.words, says_why(act) ? ": " : "",
                                says_why(act) ? act->note : "");
    wish_apply(engine, ladder, &hand.wish, hand.kind, hand.plan);
    release_note(engine, ladder, signers.names, hand.plan->hash);
    if (alone)
        shout(engine, ladder, act);
    note_release(engine, ladder, act, level < 0 ? "lifted" : "overridden");
}

/* ---- one act ---- */

static void hold(struct engine *engine, const struct ladder *ladder, struct proposal *proposal,
                 const struct decision_fact *act)
{
    struct buf until = {0};
    proposal->state = PROPOSAL_HELD;
    proposal->until = act->until;
    proposal->reminded = 0;
    free(proposal->held_by);
    proposal->held_by = xstrdup(act->by);
    instant_print_short(&until, act->until, engine->policy->zone);
    act_note(engine, ladder,
             &(struct act_words){act, proposal, "held",
                                 emit_text(engine, "held until %s", buf_str(&until))});
    buf_release(&until);
}

static void act(struct engine *engine, struct ladder *ladder, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    struct proposal *proposal = hand_meant(ladder, fact) ? &ladder->hand : &ladder->proposal;
    const char *why = act_refusal(engine, ladder, fact);
    if (why) {
        refuse(engine, ladder, proposal, decision, why);
        return;
    }
    bool broken = decision->act == ACT_BREAK_GLASS;
    if (decision->act == ACT_APPROVE || (broken && decision->plan)) {
        approve(engine, ladder, proposal, decision);
    } else if (decision->act == ACT_LIFT) {
        by_hand(engine, ladder, decision, -1);
    } else if (decision->act == ACT_OVERRIDE || broken) {
        by_hand(engine, ladder, decision, rule_level_number(ladder->rule, decision->level));
    } else if (!proposal_waits(proposal)) {
        act_note(engine, ladder, &(struct act_words){decision, proposal, "nothing", NULL});
    } else if (decision->act == ACT_HOLD) {
        hold(engine, ladder, proposal, decision);
    } else {
        proposal->state = PROPOSAL_FILED;
        act_note(engine, ladder, &(struct act_words){decision, proposal, "filed", NULL});
    }
}

bool warning_decision(struct engine *engine, const struct fact *fact)
{
    bool concerned = false;
    if (!act_is_of_engine(fact->decision.act))
        return true; /* the daemon's own: journaled, and nothing to decide */
    for (size_t i = 0; i < engine->warning_count; i++) {
        struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        if (!act_concerns(engine, ladder, fact))
            continue;
        concerned = true;
        int before = ladder->revision;
        act(engine, ladder, fact);
        if (ladder->revision == before) /* one transition per evaluation */
            evaluate_rule(engine, (size_t)engine->warnings[i]);
    }
    return concerned;
}
