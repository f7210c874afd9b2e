/* Proposals: what waits for people.
 *
 * A proposal is a record beside the ladder's state.  It leaves by approval, by a hold until a time,
 * or filed with a reason (act.c); a different proposal replaces it.  Nobody acts: the signer is
 * reminded, then the deputy is called, and where the policy says so it is filed in the end.
 *
 * A ladder has room for two: what the rule found, and what a person has ordered by hand where two
 * must sign.  The second is a proposal like any other, with its first signature under it. */
#include "base/buf.h"
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
    free(proposal->held_by);
    free(proposal->first_by);
    free(proposal->trace);
    free(proposal->summary.notice);
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

/* ---- unusually large ---- */

static int size_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

uint32_t usual_size(const struct ladder *ladder)
{
    enum { NEEDED = 3 }; /* two plans make no habit */
    struct usual_sizes sorted = ladder->usual;
    if (sorted.count < NEEDED)
        return 0;
    qsort(sorted.sizes, (size_t)sorted.count, sizeof *sorted.sizes, size_compare);
    return sorted.sizes[sorted.count / 2];
}

void usual_add(struct ladder *ladder, size_t size)
{
    struct usual_sizes *usual = &ladder->usual;
    if (size == 0)
        return; /* a revision that changed nothing for anybody */
    if (usual->count == USUAL_KEPT)
        memmove(usual->sizes, usual->sizes + 1, (USUAL_KEPT - 1) * sizeof *usual->sizes);
    else
        usual->count++;
    usual->sizes[usual->count - 1] = (uint32_t)size;
}

static size_t list_size(const struct registry *registry)
{
    size_t size = 0;
    for (size_t i = 0; i < registry->count; i++)
        size += registry->recipients[i].kind != RECIPIENT_OFFICE;
    return size;
}

const char *oversize_words(struct engine *engine, const struct ladder *ladder,
                           const struct plan *plan)
{
    const struct policy *policy = engine->policy;
    size_t list = list_size(&policy->registry);
    uint32_t usual = usual_size(ladder);
    if (policy->recipients_max > 0 && plan->count > (size_t)policy->recipients_max)
        return emit_text(engine, "the plan has %zu orders, more than the limit of %d", plan->count,
                         policy->recipients_max);
    if (engine->options.approvals == APPROVALS_ALL)
        return NULL; /* nobody is asked, so nothing is unusual */
    if (policy->times_usual > 0 && usual > 0 &&
        (wide)plan->count * MICRO > (wide)usual * policy->times_usual)
        return emit_text(engine, "the plan has %zu orders, the usual plan %u", plan->count, usual);
    if (policy->list_percent_max > 0 && plan->count * 100 > (size_t)policy->list_percent_max * list)
        return emit_text(engine,
                         "the plan has %zu orders, the list %zu recipients, the limit %d percent",
                         plan->count, list, policy->list_percent_max);
    return NULL;
}

/* ---- proposing ---- */

static struct plan_summary summary_of(const struct plan *plan)
{
    struct plan_summary summary = {
        .orders = (uint32_t)plan->count,
        .bound = (uint32_t)plan->bound,
        .untouched = (uint32_t)plan->untouched,
        .notice = plan->notice ? xstrdup(plan->notice) : NULL,
    };
    memcpy(summary.shares, plan->shares, sizeof summary.shares);
    return summary;
}

/* Emits the proposal, and keeps it in its place of the ladder. */
static void put(struct engine *engine, const struct ladder *ladder, const struct wish *wish,
                int kind, struct plan *plan, struct proposal *place)
{
    struct decision *decision =
        wish_emit(engine, ladder, DECISION_PROPOSE, wish,
                  ladder->level < 0 && kind != DECISION_REOPEN ? engine->now : ladder->start);
    wish_explain(engine, ladder, wish, decision);
    const char *oversize = oversize_words(engine, ladder, plan);
    if (oversize)
        emit_because(engine, decision, oversize);
    decision->plan = plan;
    decision->trace = trace_condition(engine, ladder->rule, wish->because, engine->verdicts, plan);
    proposal_release(place);
    *place = (struct proposal){
        .state = PROPOSAL_PENDING,
        .own = wish->own,
        .level = wish->level,
        .kind = kind,
        .oversize = oversize != NULL,
        .summary = summary_of(plan),
        .begin = wish->begin,
        .made = engine->now,
    };
    memcpy(place->hash, plan->hash, HASH_HEX);
    keep_because(place, decision);
}

void propose(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind)
{
    const char *failure = NULL;
    struct plan *plan = wish_plan(engine, ladder, kind, wish, &failure);
    if (plan)
        put(engine, ladder, wish, kind, plan, &ladder->proposal);
    else
        emit_failure(engine, ladder->rule, failure);
}

void propose_by_hand(struct engine *engine, struct ladder *ladder, const struct wish *wish,
                     int kind, struct plan *plan, const char *by)
{
    put(engine, ladder, wish, kind, plan, &ladder->hand);
    ladder->hand.by_hand = true;
    ladder->hand.first_by = xstrdup(by);
}

/* ---- time ---- */

static instant_ms waits_since(const struct proposal *proposal)
{
    return proposal->until > proposal->made ? proposal->until : proposal->made;
}

static instant_ms expires_at(const struct engine *engine, const struct proposal *proposal)
{
    if (proposal->state != PROPOSAL_PENDING || engine->policy->expires_after <= 0)
        return INSTANT_NONE;
    return waits_since(proposal) + engine->policy->expires_after;
}

static instant_ms reminds_at(const struct engine *engine, const struct proposal *proposal)
{
    if (proposal->state == PROPOSAL_HELD)
        return proposal->until;
    if (proposal->state != PROPOSAL_PENDING || proposal->reminded >= 2)
        return INSTANT_NONE;
    return waits_since(proposal) +
           (proposal->reminded ? engine->policy->deputy_after : engine->policy->remind_after);
}

instant_ms proposal_due(const struct engine *engine, const struct proposal *proposal)
{
    instant_ms expires = expires_at(engine, proposal), reminds = reminds_at(engine, proposal);
    if (expires == INSTANT_NONE || reminds == INSTANT_NONE)
        return expires == INSTANT_NONE ? reminds : expires;
    return expires < reminds ? expires : reminds;
}

/* Nobody has acted: the signer is reminded, then the deputy is called. */
static void remind(struct engine *engine, const struct ladder *ladder, struct proposal *proposal)
{
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
    decision->text = emit_text(engine, "%s有预警方案待签发，请尽快处理。方案号：%.12s",
                               engine->options.drill ? "【演练】" : "", proposal->hash);
}

/* Too old to be signed: what it was made of is the past. */
static void expire(struct engine *engine, const struct ladder *ladder, struct proposal *proposal)
{
    struct buf after = {0};
    span_print(&after, engine->policy->expires_after);
    const char *words = emit_text(engine, "filed by itself: plan %.12s, nobody has acted for %s",
                                  proposal->hash, buf_str(&after));
    buf_release(&after);
    proposal->state = PROPOSAL_FILED;
    act_note(engine, ladder,
             &(struct act_words){.proposal = proposal, .result = "expired", .reason = words});
    struct decision *decision = emit(engine, DECISION_ALARM, ladder->rule);
    decision->level = rule_level_name(ladder->rule, proposal->level);
    decision->from = rule_level_name(ladder->rule, ladder->level);
    emit_because(engine, decision, words);
    decision->text = emit_text(engine, "%s预警方案逾期无人签发，已自动归档。方案号：%.12s",
                               engine->options.drill ? "【演练】" : "", proposal->hash);
}

void proposal_tick(struct engine *engine, struct ladder *ladder, struct proposal *proposal)
{
    for (instant_ms due = proposal_due(engine, proposal); due != INSTANT_NONE && due <= engine->now;
         due = proposal_due(engine, proposal)) {
        if (due == expires_at(engine, proposal))
            expire(engine, ladder, proposal);
        else
            remind(engine, ladder, proposal);
    }
}
