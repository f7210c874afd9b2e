/* When an act does not count.
 *
 * Worked out by one function that changes nothing: the engine asks it before it acts, and the shell
 * before it journals (engine_act_check), so that a person is told the same sentence that the
 * journal would hold. */
#include "base/buf.h"
#include "engine/act.h"
#include "engine/decision_words.h"
#include <string.h>

/* ---- persons and plans ---- */

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

bool hash_named(const char *hash, const char *given)
{
    return given && strlen(given) >= HASH_DIGITS_MIN && str_starts(hash, given);
}

bool proposal_waits(const struct proposal *proposal)
{
    return proposal->state == PROPOSAL_PENDING || proposal->state == PROPOSAL_HELD;
}

bool proposal_needs_two(const struct engine *engine, const struct ladder *ladder,
                        const struct proposal *proposal)
{
    return proposal->by_hand || str_equal(approval_of(engine, ladder, proposal->level), "two") ||
           (engine->options.strict && proposal->oversize);
}

bool hand_meant(const struct ladder *ladder, const struct fact *fact)
{
    const char *plan = fact->decision.plan;
    if (hash_named(ladder->hand.hash, plan ? plan : fact->subject))
        return !hash_named(ladder->proposal.hash, plan ? plan : fact->subject);
    return !plan && proposal_waits(&ladder->hand) && !proposal_waits(&ladder->proposal);
}

bool says_why(const struct decision_fact *decision)
{
    return decision->note && *decision->note;
}

/* ---- by hand ---- */

struct hand hand_of(struct engine *engine, const struct ladder *ladder, int level)
{
    struct hand hand = {.wish = {.own = level,
                                 .level = level,
                                 .begin = engine->now,
                                 .at = engine->now,
                                 .target = level}};
    int directed = directed_level(ladder);
    if (directed > level)
        hand.wish.level = directed;
    if (ladder->own >= 0 && level >= 0 && ladder->begin < engine->now)
        hand.wish.begin = ladder->begin;
    hand.kind = transition(ladder, hand.wish.level, false);
    if (!wish_changes(ladder, &hand.wish, hand.kind))
        return hand;
    hand.plan = wish_plan(engine, ladder, hand.kind, &hand.wish, &hand.failure);
    if (hand.plan && engine->options.strict)
        hand.oversize = oversize_words(engine, ladder, hand.plan);
    return hand;
}

bool hand_needs_two(const struct engine *engine, const struct ladder *ladder, int level,
                    const struct hand *hand)
{
    return hand->oversize || str_equal(approval_of(engine, ladder, level), "two") ||
           (ladder->level >= 0 && str_equal(approval_of(engine, ladder, ladder->level), "two"));
}

const char *hand_signed_by(const struct ladder *ladder, int level)
{
    const struct proposal *hand = &ladder->hand;
    return proposal_waits(hand) && hand->own == level ? hand->first_by : NULL;
}

/* ---- refusing ---- */

static const char *silent_refusal(const struct engine *engine, const struct decision_fact *decision)
{
    if (says_why(decision))
        return NULL;
    if (decision->act == ACT_FILE)
        return "a proposal is filed with a reason";
    if (decision->act == ACT_BREAK_GLASS)
        return "who breaks the glass says why";
    return engine->options.strict ? "every act says why" : NULL;
}

/* Who comes second is told who came first. */
static const char *nothing_waits(struct engine *engine, const struct ladder *ladder)
{
    const struct last_release *last = &ladder->released;
    if (!engine->options.strict || !last->by)
        return "nothing waits for approval";
    struct buf at = {0};
    instant_print_short(&at, last->at, engine->policy->zone);
    const char *words =
        emit_text(engine, "nothing waits for approval: plan %.12s was released by %s at %s",
                  *last->hash ? last->hash : "-", last->by, buf_str(&at));
    buf_release(&at);
    return words;
}

static const char *count_refusal(struct engine *engine, const struct decision_fact *decision,
                                 size_t orders)
{
    if ((size_t)decision->count == orders)
        return NULL;
    return emit_text(engine, "the plan is unusually large: the act names its %zu orders", orders);
}

static const char *plan_refusal(struct engine *engine, const struct ladder *ladder,
                                const struct proposal *proposal,
                                const struct decision_fact *decision)
{
    bool alone = decision->act == ACT_BREAK_GLASS, strict = engine->options.strict;
    if (!proposal_waits(proposal))
        return nothing_waits(engine, ladder);
    if (!decision->plan && (strict || alone))
        return emit_text(engine, "an approval names the plan: the plan that waits is %.12s",
                         proposal->hash);
    if (decision->plan && !hash_named(proposal->hash, decision->plan))
        return emit_text(engine, "the plan that waits is %.12s", proposal->hash);
    if (author_of_bundle(engine, decision->by))
        return "the bundle's author may not approve";
    const char *count = strict && proposal->oversize
                            ? count_refusal(engine, decision, proposal->summary.orders)
                            : NULL;
    if (count)
        return count;
    if (!alone && proposal->first_by && proposal_needs_two(engine, ladder, proposal) &&
        same_person(proposal->first_by, decision->by))
        return "two different persons must approve";
    return NULL;
}

static const char *hand_refusal(struct engine *engine, const struct ladder *ladder,
                                const struct decision_fact *decision, int level)
{
    if (!engine->options.strict)
        return NULL;
    if (author_of_bundle(engine, decision->by))
        return "the bundle's author may not approve";
    if (level < 0 && ladder->level < 0)
        return "no warning is in force";
    struct hand hand = hand_of(engine, ladder, level);
    if (!hand.plan && !hand.failure)
        return "nothing would change";
    const char *count =
        hand.oversize && hand.plan ? count_refusal(engine, decision, hand.plan->count) : NULL;
    if (count)
        return count;
    const char *first = hand_signed_by(ladder, level);
    if (first && decision->act != ACT_BREAK_GLASS && hand_needs_two(engine, ladder, level, &hand) &&
        same_person(first, decision->by))
        return "two different persons must approve";
    return NULL;
}

static const char *level_refusal(struct engine *engine, const struct ladder *ladder,
                                 const struct decision_fact *decision)
{
    bool lift = decision->act == ACT_BREAK_GLASS && str_equal(decision->level, "none");
    int level = decision->level ? rule_level_number(ladder->rule, decision->level) : -1;
    if (level < 0 && !lift)
        return emit_text(engine, "there is no level %s",
                         decision->level ? decision->level : "named");
    return hand_refusal(engine, ladder, decision, level);
}

static const char *waiting_refusal(struct engine *engine, const struct ladder *ladder,
                                   const struct proposal *proposal)
{
    return engine->options.strict && !proposal_waits(proposal) ? nothing_waits(engine, ladder)
                                                               : NULL;
}

const char *act_refusal(struct engine *engine, const struct ladder *ladder, const struct fact *fact)
{
    const struct decision_fact *decision = &fact->decision;
    const struct proposal *meant = hand_meant(ladder, fact) ? &ladder->hand : &ladder->proposal;
    const char *silent = silent_refusal(engine, decision);
    if (silent)
        return silent;
    switch (decision->act) {
    case ACT_APPROVE:
        return plan_refusal(engine, ladder, meant, decision);
    case ACT_HOLD:
    case ACT_FILE:
        return waiting_refusal(engine, ladder, meant);
    case ACT_LIFT:
        return hand_refusal(engine, ladder, decision, -1);
    case ACT_OVERRIDE:
        return level_refusal(engine, ladder, decision);
    case ACT_BREAK_GLASS:
        if (decision->plan)
            return plan_refusal(engine, ladder, meant, decision);
        return decision->level ? level_refusal(engine, ladder, decision)
                               : "who breaks the glass names a plan or a level";
    default:
        return NULL;
    }
}

/* ---- what an act concerns ---- */

static bool names_plan(const struct engine *engine, const struct ladder *ladder, const char *given)
{
    return hash_named(ladder->proposal.hash, given) || hash_named(ladder->hand.hash, given) ||
           (engine->options.strict && hash_named(ladder->released.hash, given));
}

static bool names_any_plan(const struct engine *engine, const struct fact *fact)
{
    for (size_t i = 0; i < engine->warning_count; i++)
        if (names_plan(engine, &engine->ladders[engine->warnings[i]], fact->decision.plan))
            return true;
    return false;
}

/* The subject of a decision is a plan hash, an episode (the open one, or the one that is proposed),
 * an area, a rule, or rule/area.  In a strict engine a plan that is known says it alone. */
bool act_concerns(struct engine *engine, const struct ladder *ladder, const struct fact *fact)
{
    const char *code = engine->policy->areas[ladder->rule->area].code, *subject = fact->subject;
    if (names_plan(engine, ladder, fact->decision.plan) || names_plan(engine, ladder, subject))
        return true;
    if (!subject || (engine->options.strict && names_any_plan(engine, fact)))
        return false;
    return str_equal(subject, code) || str_equal(subject, ladder->rule->name) ||
           str_equal(subject, emit_text(engine, "%s/%s", ladder->rule->name, code)) ||
           (ladder->start != INSTANT_NONE &&
            str_equal(subject, instance_id(engine, ladder->rule, code, ladder->start))) ||
           str_equal(subject, instance_id(engine, ladder->rule, code, ladder->proposal.made)) ||
           (proposal_waits(&ladder->hand) &&
            str_equal(subject, instance_id(engine, ladder->rule, code, ladder->hand.made)));
}

/* ---- asking beforehand ---- */

static const char *add_waiting(struct engine *engine, const char *list,
                               const struct proposal *proposal)
{
    if (!proposal_waits(proposal))
        return list;
    return emit_text(engine, "%s%s%.12s", list ? list : "", list ? ", " : "", proposal->hash);
}

/* By hand, and no ladder has that name: which are there? */
static const char *no_warning(struct engine *engine, const char *subject)
{
    const char *names = NULL;
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct rule *rule = engine->ladders[engine->warnings[i]].rule;
        names = emit_text(engine, "%s%s%s/%s", names ? names : "", names ? ", " : "", rule->name,
                          engine->policy->areas[rule->area].code);
    }
    return emit_text(engine, "there is no warning %s; there is %s", subject, names ? names : "-");
}

/* Nothing that waits has that name: what does wait? */
static const char *stranger(struct engine *engine, const struct fact *fact)
{
    const char *waiting = NULL;
    if (fact->decision.level && !fact->decision.plan && fact->subject)
        return no_warning(engine, fact->subject);
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        waiting = add_waiting(engine, waiting, &ladder->proposal);
        waiting = add_waiting(engine, waiting, &ladder->hand);
    }
    if (waiting)
        return emit_text(engine, "the plan that waits is %s", waiting);
    return fact->decision.act == ACT_APPROVE ? "nothing waits for approval" : "it concerns nothing";
}

int engine_act_check(struct engine *engine, const struct fact *decision, struct buf *ret_why)
{
    const char *why = NULL;
    bool concerned = false;
    if (decision->kind != FACT_DECISION || !act_is_of_engine(decision->decision.act))
        return 0;
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        if (!act_concerns(engine, ladder, decision))
            continue;
        const char *this = act_refusal(engine, ladder, decision);
        if (!this)
            return 0;
        why = why ? why : this;
        concerned = true;
    }
    words_because(ret_why, concerned ? why : stranger(engine, decision));
    return ERR_INVALID;
}
