/* Warnings: the ladder of one rule over one area.
 *
 * The state is what was approved; a proposal is a separate record.  An evaluation works out what
 * the city's own level should be, joins the directives in force (the level is the stricter of
 * both), and proposes at most one transition.  While a level is only announced it follows the
 * bulletin; once under way it is held, and ends only when no level holds and lift_when does.
 * Silence is never recovery: what is unknown lifts nothing. */
#include "engine/warning.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* ---- asking ---- */

static bool ask(struct engine *engine, struct ladder *ladder, const struct condition *condition,
                enum ask_mode mode, const char **failure)
{
    const struct rule *rule = ladder->rule;
    struct asking asking = {
        .engine = engine,
        .rule = rule,
        .subject = engine->areas[rule->area].subject,
        .mode = mode,
        .lead = figure_span(engine, &rule->lead, 60 * (span_ms)HOUR_MS),
        .verdicts = engine->verdicts,
    };
    bool held = condition_holds(&asking, condition);
    if (asking.failure)
        *failure = asking.failure;
    return held && !asking.failure;
}

/* The highest level that holds.  The levels are asked from the top, all of them, so that the trace
 * is whole. */
static int find_target(struct engine *engine, struct ladder *ladder, instant_ms *ret_begin,
                       const char **failure)
{
    int target = -1;
    for (int i = ladder->rule->level_count - 1; i >= 0; i--) {
        const struct condition *when = ladder->rule->levels[i].when;
        if (!ask(engine, ladder, when, ASK_ISSUE, failure) || target >= 0)
            continue;
        target = i;
        *ret_begin = condition_begin(when, engine->verdicts);
        if (*ret_begin == INSTANT_NONE)
            *ret_begin = engine->now;
    }
    if (target >= 0 && ladder->last_lift != INSTANT_NONE && *ret_begin < ladder->last_lift)
        *ret_begin = ladder->last_lift;
    return target;
}

/* Whether the step at the begin is known in every series that the level looks ahead in. */
static bool begin_known(struct engine *engine, const struct ladder *ladder,
                        const struct condition *condition)
{
    if (condition->kind != CONDITION_CLAUSE) {
        for (int i = 0; i < condition->count; i++)
            if (!begin_known(engine, ladder, &condition->items[i]))
                return false;
        return true;
    }
    if (condition->view != VIEW_TIMELINE && condition->view != VIEW_FORECAST)
        return true;
    int subject = engine->areas[ladder->rule->area].subject;
    struct track *track = engine_track_find(engine, subject, condition->series);
    if (!track)
        return false;
    struct asking asking = {.engine = engine, .rule = ladder->rule, .subject = subject};
    int64_t step = track_step(track, ladder->begin, engine->policy->zone);
    return clause_seen(&asking, condition, track, step).known;
}

/* ---- directives ---- */

static void drop_ended_directives(struct engine *engine, struct ladder *ladder)
{
    size_t kept = 0;
    for (size_t i = 0; i < ladder->directive_count; i++) {
        struct order_from *directive = &ladder->directives[i];
        if (directive->to != INSTANT_NONE && directive->to <= engine->now)
            free(directive->number);
        else
            ladder->directives[kept++] = *directive;
    }
    ladder->directive_count = kept;
}

int directed_level(const struct ladder *ladder)
{
    int level = -1;
    for (size_t i = 0; i < ladder->directive_count; i++)
        if (ladder->directives[i].level > level)
            level = ladder->directives[i].level;
    return level;
}

int rule_level_number(const struct rule *rule, const char *name)
{
    for (int i = 0; i < rule->level_count; i++)
        if (str_equal(rule->levels[i].name, name))
            return i;
    return -1;
}

/* ---- the city's own level ---- */

bool continues_episode(const struct engine *engine, const struct ladder *ladder, instant_ms begin)
{
    span_ms merge = figure_span(engine, &ladder->rule->merge_within, 36 * (span_ms)HOUR_MS);
    return ladder->last_lift != INSTANT_NONE && begin - ladder->last_lift < merge;
}

static void wish_open(struct engine *engine, const struct ladder *ladder, struct wish *wish,
                      instant_ms begin)
{
    wish->own = wish->target;
    wish->begin = begin;
    wish->reopen = ladder->level < 0 && continues_episode(engine, ladder, begin);
    if (wish->reopen && ladder->peak > wish->own)
        wish->own = ladder->peak;
}

static void wish_announced(struct engine *engine, struct ladder *ladder, struct wish *wish,
                           instant_ms begin)
{
    if (wish->target < 0) {
        if (ladder->directive_count == 0 &&
            begin_known(engine, ladder, ladder->rule->levels[ladder->own].when)) {
            wish->own = -1;
            wish->words = "no level holds any more before the begin";
        }
        return;
    }
    wish->begin = begin;
    wish->own = wish->target;
    if (ladder->floor > wish->own)
        wish->own = ladder->floor;
    if (wish->own > ladder->own)
        wish->own = ladder->own;
}

static void wish_under_way(struct engine *engine, struct ladder *ladder, struct wish *wish,
                           const char **failure)
{
    if (wish->target >= 0) {
        if (ladder->rule->downgrade == DOWNGRADE_FOLLOW)
            wish->own = wish->target;
        return;
    }
    if (ladder->directive_count == 0 && ladder->rule->lift_when &&
        ask(engine, ladder, ladder->rule->lift_when, ASK_LIFT, failure)) {
        wish->own = -1;
        wish->because = ladder->rule->lift_when;
    }
}

static struct wish wish_of(struct engine *engine, struct ladder *ladder, const char **failure)
{
    instant_ms begin = INSTANT_NONE;
    drop_ended_directives(engine, ladder);
    if (ladder->own >= 0 && engine->now >= ladder->begin)
        ladder->under_way = true;
    struct wish wish = {.own = ladder->own, .begin = ladder->begin, .at = engine->now};
    wish.target = find_target(engine, ladder, &begin, failure);
    if (wish.target >= 0)
        wish.because = ladder->rule->levels[wish.target].when;
    if (ladder->own < 0) {
        if (wish.target >= 0)
            wish_open(engine, ladder, &wish, begin);
    } else if (wish.target > ladder->own) {
        wish.own = wish.target;
        wish.begin = begin < ladder->begin ? begin : ladder->begin;
    } else if (!ladder->under_way) {
        wish_announced(engine, ladder, &wish, begin);
    } else {
        wish_under_way(engine, ladder, &wish, failure);
    }
    int directed = directed_level(ladder);
    wish.level = directed > wish.own ? directed : wish.own;
    return wish;
}

/* ---- transitions ---- */

int transition(const struct ladder *ladder, int level, bool reopen)
{
    if (ladder->level < 0)
        return level < 0 ? -1 : reopen ? DECISION_REOPEN : DECISION_ISSUE;
    if (level < 0)
        return DECISION_LIFT;
    if (level != ladder->level)
        return level > ladder->level ? DECISION_RAISE : DECISION_LOWER;
    return -1;
}

const char *rule_level_name(const struct rule *rule, int level)
{
    return level < 0 ? NULL : rule->levels[level].name;
}

/* The directives' share of the explanation. */
static void because_directives(struct engine *engine, const struct ladder *ladder,
                               struct decision *decision)
{
    for (size_t i = 0; i < ladder->directive_count; i++) {
        const struct order_from *directive = &ladder->directives[i];
        struct buf until = {0};
        if (directive->to == INSTANT_NONE)
            buf_puts(&until, "further notice");
        else
            instant_print_short(&until, directive->to, engine->policy->zone);
        emit_because(engine, decision,
                     emit_text(engine, "directive %s %s until %s", directive->number,
                               ladder->rule->levels[directive->level].name, buf_str(&until)));
        buf_release(&until);
    }
}

void wish_explain(struct engine *engine, const struct ladder *ladder, const struct wish *wish,
                  struct decision *decision)
{
    if (wish->because)
        emit_held(engine, decision, wish->because);
    if (wish->words)
        emit_because(engine, decision, wish->words);
    because_directives(engine, ladder, decision);
}

/* When the first of what is in force begins; whatever begins later says so itself. */
static instant_ms wish_begin(const struct ladder *ladder, const struct wish *wish)
{
    instant_ms begin = wish->own >= 0 ? wish->begin : INSTANT_NONE;
    if (wish->level < 0)
        return wish->at;
    for (size_t i = 0; i < ladder->directive_count; i++)
        if (begin == INSTANT_NONE || ladder->directives[i].from < begin)
            begin = ladder->directives[i].from;
    return begin;
}

struct plan *wish_plan(struct engine *engine, const struct ladder *ladder, int kind,
                       const struct wish *wish, const char **reterr)
{
    const struct rule *rule = ladder->rule;
    bool opens = ladder->level < 0 && kind != DECISION_REOPEN;
    struct plan_context context = {
        .rule = rule,
        .subject = engine->policy->areas[rule->area].code,
        .start = opens ? wish->at : ladder->start,
        .revision = opens ? 1 : ladder->revision + 1,
        .kind = kind < 0 ? "revise" : decision_kind_name((enum decision_kind)kind),
        .level = wish->level < 0 ? -1 : rule->levels[wish->level].level,
        .from_level = ladder->level < 0 ? -1 : rule->levels[ladder->level].level,
        .begin = wish_begin(ladder, wish),
        .at = wish->at,
    };
    size_t count;
    struct demand *demands = engine_demands(engine, rule, wish->own, wish->begin, &count);
    return engine_plan(engine, &context, demands, count, reterr);
}

static void close_episode(struct engine *engine, struct ladder *ladder)
{
    ladder->last_lift = engine->now;
    ladder->own = -1;
    ladder->floor = -1;
}

/* Makes the approved wish the state. */
static void take(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind)
{
    if (kind == DECISION_ISSUE) {
        ladder->start =
            wish->at; /* as proposed: the orders' identities, in their texts, follow from it */
        ladder->revision = 0;
        ladder->peak = -1;
        ladder->under_way = false;
    }
    if (ladder->own < 0 && wish->own >= 0 && kind != DECISION_REOPEN)
        ladder->under_way = false; /* the city's own level begins anew inside a directive */
    if (kind == DECISION_REOPEN)
        ladder->floor = wish->own;
    ladder->revision++;
    ladder->own = wish->own;
    ladder->begin = wish->own >= 0 ? wish->begin : ladder->begin;
    ladder->level = wish->level;
    if (wish->level > ladder->peak)
        ladder->peak = wish->level;
    if (kind == DECISION_LIFT)
        close_episode(engine, ladder);
}

struct decision *wish_emit(struct engine *engine, const struct ladder *ladder,
                           enum decision_kind kind, const struct wish *wish, instant_ms start)
{
    const struct rule *rule = ladder->rule;
    struct decision *decision = emit(engine, kind, rule);
    decision->episode = instance_id(engine, rule, engine->policy->areas[rule->area].code, start);
    decision->level = rule_level_name(rule, wish->level);
    decision->from = rule_level_name(rule, ladder->level);
    decision->begin = wish->level < 0 ? engine->now : wish_begin(ladder, wish);
    return decision;
}

void wish_apply(struct engine *engine, struct ladder *ladder, const struct wish *wish, int kind,
                struct plan *plan)
{
    size_t place = engine->decision_count;
    bool opens = kind == DECISION_ISSUE;
    struct decision *decision =
        wish_emit(engine, ladder, kind < 0 ? DECISION_PROPOSE : (enum decision_kind)kind, wish,
                  opens ? wish->at : ladder->start);
    wish_explain(engine, ladder, wish, decision);
    decision->plan = plan;
    decision->trace = trace_condition(engine, ladder->rule, wish->because, engine->verdicts, plan);
    struct decision kept = *decision;
    if (kind < 0)
        engine->decision_count = place; /* a begin that moved: a revision, no transition */
    take(engine, ladder, wish, kind);
    usual_add(ladder, plan->count);
    emit_orders(engine, &kept, plan);
    proposal_release(&ladder->proposal);
    proposal_release(&ladder->hand); /* what has changed since is not what was signed */
}

bool wish_changes(const struct ladder *ladder, const struct wish *wish, int kind)
{
    return kind >= 0 || wish->own != ladder->own ||
           (wish->own >= 0 && wish->begin != ladder->begin);
}

/* A plan that suddenly hits far more than usual does not go by itself. */
static bool too_many(struct engine *engine, const struct ladder *ladder, const struct plan *plan)
{
    const char *words = oversize_words(engine, ladder, plan);
    if (!words)
        return false;
    struct decision *decision = emit(engine, DECISION_ALARM, ladder->rule);
    decision->level = decision->from = rule_level_name(ladder->rule, ladder->level);
    emit_because(engine, decision, words);
    return engine->options.approvals != APPROVALS_ALL;
}

static void release_by_itself(struct engine *engine, struct ladder *ladder, const struct wish *wish,
                              int kind, struct plan *plan)
{
    wish_apply(engine, ladder, wish, kind, plan);
    if (engine->options.approvals != APPROVALS_ALL)
        release_note(engine, ladder, "auto", plan->hash);
}

/* Without waiting for anybody, unless the plan is too large. */
static void approve_by_itself(struct engine *engine, struct ladder *ladder, const struct wish *wish,
                              int kind)
{
    const char *failure = NULL;
    struct plan *plan = wish_plan(engine, ladder, kind, wish, &failure);
    if (!plan)
        emit_failure(engine, ladder->rule, failure);
    else if (too_many(engine, ladder, plan))
        propose(engine, ladder, wish, kind);
    else
        release_by_itself(engine, ladder, wish, kind, plan);
}

static void evaluate(struct engine *engine, struct ladder *ladder)
{
    const char *failure = NULL;
    if (engine_obeys_failure(engine, ladder->rule))
        return;
    struct wish wish = wish_of(engine, ladder, &failure);
    if (failure) {
        emit_failure(engine, ladder->rule, failure);
        return;
    }
    int kind = transition(ladder, wish.level, wish.reopen);
    if (!wish_changes(ladder, &wish, kind))
        return;
    if (!wish.because && !wish.words && wish.level < ladder->level)
        wish.words = "the directive has ended";
    if (proposed_already(ladder, &wish))
        return;
    if (str_equal(approval_of(engine, ladder, wish.level), "auto"))
        approve_by_itself(engine, ladder, &wish, kind);
    else
        propose(engine, ladder, &wish, kind);
}

void evaluate_rule(struct engine *engine, size_t number)
{
    struct ladder *ladder = &engine->ladders[number];
    evaluate(engine, ladder);
    tell_silences(engine, ladder);
    tell_stale_bulletins(engine, ladder);
}

/* ---- entrances ---- */

void warning_evaluate_area(struct engine *engine, int area)
{
    for (size_t i = 0; i < engine->warning_count; i++)
        if (engine->rules[engine->warnings[i]].area == area)
            evaluate_rule(engine, (size_t)engine->warnings[i]);
}

static bool directive_add(struct ladder *ladder, const struct fact *fact)
{
    int level = rule_level_number(ladder->rule, fact->directive.level);
    if (level < 0)
        return false;
    xgrow((void **)&ladder->directives, ladder->directive_count, &ladder->directive_capacity,
          sizeof *ladder->directives);
    ladder->directives[ladder->directive_count++] = (struct order_from){
        .level = level,
        .from = fact->directive.from,
        .to = fact->directive.to,
        .number = xstrdup(fact->directive.number ? fact->directive.number : fact->id),
    };
    return true;
}

bool warning_directive(struct engine *engine, const struct fact *fact)
{
    int area = policy_area(engine->policy, fact->subject);
    bool fits = false;
    for (size_t i = 0; i < engine->warning_count; i++)
        if (engine->rules[engine->warnings[i]].area == area)
            fits |= directive_add(&engine->ladders[engine->warnings[i]], fact);
    if (area >= 0) {
        air_heard(engine, area);
        warning_evaluate_area(engine, area);
    }
    return fits;
}

/* ---- time ---- */

instant_ms warning_due(const struct engine *engine)
{
    instant_ms due = INSTANT_NONE;
    for (size_t i = 0; i < engine->warning_count; i++) {
        struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        instant_ms dues[] = {proposal_due(engine, &ladder->proposal),
                             proposal_due(engine, &ladder->hand), silences_due(engine, ladder)};
        for (size_t k = 0; k < sizeof dues / sizeof *dues; k++)
            if (dues[k] != INSTANT_NONE && (due == INSTANT_NONE || dues[k] < due))
                due = dues[k];
    }
    return due;
}

void warning_tick(struct engine *engine)
{
    for (size_t i = 0; i < engine->warning_count; i++) {
        struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        proposal_tick(engine, ladder, &ladder->proposal);
        proposal_tick(engine, ladder, &ladder->hand);
        tell_silences(engine, ladder);
    }
}

void ladder_release(struct ladder *ladder)
{
    for (size_t i = 0; i < ladder->directive_count; i++)
        free(ladder->directives[i].number);
    free(ladder->directives);
    free(ladder->told);
    free(ladder->released.by);
    proposal_release(&ladder->proposal);
    proposal_release(&ladder->hand);
}
