/* Proposals for those who look at them: what waits, and the orders it would release. */
#include "base/buf.h"
#include "base/json.h"
#include "engine/act.h"

static void key_text(struct json_writer *writer, const char *key, const char *text)
{
    jw_key(writer, key);
    jw_text(writer, text);
}

static void key_int(struct json_writer *writer, const char *key, int64_t value)
{
    jw_key(writer, key);
    jw_int(writer, value);
}

static void key_instant(struct json_writer *writer, const char *key, instant_ms instant,
                        span_ms zone)
{
    jw_key(writer, key);
    if (instant == INSTANT_NONE || instant == 0)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

static const char *state_of(const struct proposal *proposal)
{
    if (proposal->state == PROPOSAL_HELD)
        return "held";
    return proposal->first_by ? "first_signed" : "pending";
}

/* As approve_now would emit it. */
static const char *kind_of(const struct proposal *proposal)
{
    return proposal->kind < 0 ? "revise" : decision_kind_name((enum decision_kind)proposal->kind);
}

static const char *episode_of(struct engine *engine, const struct ladder *ladder,
                              const struct proposal *proposal)
{
    return instance_id(engine, ladder->rule, engine->policy->areas[ladder->rule->area].code,
                       proposal->kind == DECISION_ISSUE ? proposal->made : ladder->start);
}

static void key_bool(struct json_writer *writer, const char *key, bool value)
{
    jw_key(writer, key);
    jw_bool(writer, value);
}

/* A signature given before a hold stands: whoever comes after it is the second. */
static void print_people(struct engine *engine, struct json_writer *writer,
                         const struct ladder *ladder, const struct proposal *proposal)
{
    bool two = proposal_needs_two(engine, ladder, proposal);
    bool held = proposal->state == PROPOSAL_HELD;
    key_text(writer, "state", state_of(proposal));
    key_text(writer, "by", held ? proposal->held_by : proposal->first_by);
    key_text(writer, "held_by", held ? proposal->held_by : NULL);
    key_text(writer, "signed_by", proposal->first_by);
    key_instant(writer, "until", held ? proposal->until : INSTANT_NONE, engine->policy->zone);
    key_text(writer, "approve", two ? "two" : "one");
    key_int(writer, "missing", two && !proposal->first_by ? 2 : 1);
    key_bool(writer, "by_hand", proposal->by_hand);
    key_bool(writer, "oversize", proposal->oversize);
    jw_key(writer, "usual");
    if (usual_size(ladder) > 0)
        jw_int(writer, usual_size(ladder));
    else
        jw_null(writer);
}

static void print_shares(struct json_writer *writer, const struct share shares[EMISSIONS])
{
    jw_key(writer, "shares");
    jw_begin(writer, '{');
    for (enum emission e = 0; e < EMISSIONS; e++) {
        if (shares[e].total <= 0)
            continue;
        jw_key(writer, emission_key(e));
        jw_begin(writer, '{');
        jw_key(writer, "cut");
        jw_micro(writer, shares[e].cut);
        jw_key(writer, "total");
        jw_micro(writer, shares[e].total);
        key_int(writer, "required_percent", shares[e].required_percent);
        jw_end(writer, '}');
    }
    jw_end(writer, '}');
}

static void print_summary(struct json_writer *writer, const struct plan_summary *summary)
{
    jw_key(writer, "counts");
    jw_begin(writer, '{');
    key_int(writer, "orders", summary->orders);
    key_int(writer, "bound", summary->bound);
    key_int(writer, "untouched", summary->untouched);
    jw_end(writer, '}');
    print_shares(writer, summary->shares);
    key_text(writer, "notice", summary->notice);
}

static void print_proposal(struct engine *engine, struct json_writer *writer,
                           const struct ladder *ladder, const struct proposal *proposal)
{
    const struct rule *rule = ladder->rule;
    span_ms zone = engine->policy->zone;
    jw_begin(writer, '{');
    key_text(writer, "hash", proposal->hash);
    key_text(writer, "rule", rule->name);
    key_text(writer, "title", rule->title);
    key_text(writer, "episode", episode_of(engine, ladder, proposal));
    key_text(writer, "subject", engine->policy->areas[rule->area].code);
    key_text(writer, "level", rule_level_name(rule, proposal->level));
    key_text(writer, "from", rule_level_name(rule, ladder->level));
    key_text(writer, "kind", kind_of(proposal));
    key_instant(writer, "begin", proposal->level < 0 ? INSTANT_NONE : proposal->begin, zone);
    key_instant(writer, "made", proposal->made, zone);
    print_people(engine, writer, ladder, proposal);
    print_summary(writer, &proposal->summary);
    jw_key(writer, "because");
    jw_begin(writer, '[');
    for (int i = 0; i < proposal->because_count; i++)
        jw_text(writer, proposal->because[i]);
    jw_end(writer, ']');
    jw_end(writer, '}');
}

void engine_proposals(const struct engine *const_engine, struct buf *ret_json)
{
    /* Identities are built in the step's arena, which is no part of the state. */
    struct engine *engine = (struct engine *)(uintptr_t)const_engine;
    struct json_writer writer = {.buf = ret_json};
    jw_begin(&writer, '[');
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        const struct proposal *both[] = {&ladder->proposal, &ladder->hand};
        for (int k = 0; k < 2; k++)
            if (proposal_waits(both[k]))
                print_proposal(engine, &writer, ladder, both[k]);
    }
    jw_end(&writer, ']');
}

static const struct proposal *waiting(const struct engine *engine, const char *hash,
                                      const struct ladder **ret_ladder)
{
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        const struct proposal *both[] = {&ladder->proposal, &ladder->hand};
        *ret_ladder = ladder;
        for (int k = 0; k < 2; k++)
            if (proposal_waits(both[k]) && hash_named(both[k]->hash, hash))
                return both[k];
    }
    return NULL;
}

int engine_proposal_orders(struct engine *engine, const char *hash,
                           void (*each)(void *arg, const struct order *order), void *arg)
{
    const struct ladder *ladder;
    const struct proposal *proposal = waiting(engine, hash, &ladder);
    const char *failure = NULL;
    struct wish wish;
    int kind;
    if (!proposal)
        return ERR_NOT_FOUND;
    struct plan *plan = proposal_plan(engine, ladder, proposal, &wish, &kind, &failure);
    if (!plan)
        return ERR_SCRIPT;
    if (!str_equal(plan->hash, proposal->hash))
        return ERR_CONFLICT;
    for (size_t i = 0; i < plan->count; i++)
        each(arg, &plan->orders[i]);
    return 0;
}
