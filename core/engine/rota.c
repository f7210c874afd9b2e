/* Rotas: watches on the calendar.
 *
 * A rota has windows: the hours of each day of its season, or whole days.  At a window's start
 * (earlier by the rule's `lead`) it is decided whether the window is in force; a bulletin that
 * arrives inside a window may still start it.  Once started it runs to its end.  A rota with
 * `during = level{…}` has no window of its own: it joins the warning's plan. */
#include "engine/inner.h"

static instant_ms midnight(const struct engine *engine, int64_t day)
{
    return day * DAY_MS - engine->policy->zone;
}

struct window {
    instant_ms from, to;
};

/* The window of a civil day; night windows run into the next. */
static struct window window_of(const struct engine *engine, const struct rule *rule, int64_t day)
{
    instant_ms start = midnight(engine, day);
    if (!rule->has_hours)
        return (struct window){start, start + DAY_MS};
    int to = rule->hours.to_minute;
    if (to <= rule->hours.from_minute)
        to += 1440;
    return (struct window){start + rule->hours.from_minute * (instant_ms)MINUTE_MS,
                           start + to * (instant_ms)MINUTE_MS};
}

static bool in_calendar_season(const struct engine *engine, const char *name, int64_t day)
{
    const struct calendar *calendar = &engine->policy->calendar;
    for (size_t i = 0; i < calendar->season_count; i++)
        if (str_equal(calendar->seasons[i].name, name) && day >= calendar->seasons[i].from_day &&
            day <= calendar->seasons[i].to_day)
            return true;
    return false;
}

static bool day_in_force(const struct engine *engine, const struct rule *rule, int64_t day)
{
    if (rule->has_season && !season_has(&rule->season, midnight(engine, day), engine->policy->zone))
        return false;
    if (rule->heating && !in_calendar_season(engine, rule->heating, day))
        return false;
    if (rule->workdays &&
        str_equal(rule->workdays, "workdays") != calendar_workday(&engine->policy->calendar, day))
        return false;
    return true;
}

static int rota_area(const struct engine *engine, const struct rule *rule)
{
    if (rule->area >= 0)
        return rule->area;
    int city = policy_area(engine->policy, engine->policy->city);
    return city >= 0 ? city : 0;
}

const char *rota_subject(const struct engine *engine, const struct rule *rule)
{
    return engine->policy->areas[rota_area(engine, rule)].code;
}

/* Whether the condition holds at the step that contains the window's start. */
static bool condition_at(struct asking *asking, const struct condition *condition, instant_ms at)
{
    struct verdict verdict = {.bound = MICRO_NONE, .begin = INSTANT_NONE};
    bool holds = condition->kind != CONDITION_ANY;
    for (int i = 0; i < condition->count; i++) {
        bool part = condition_at(asking, &condition->items[i], at);
        holds = condition->kind == CONDITION_ANY ? holds || part : holds && part;
    }
    struct track *track =
        condition->kind != CONDITION_CLAUSE || condition->view == VIEW_RECEIPT
            ? NULL
            : engine_track_find(asking->engine, asking->subject, condition->series);
    if (condition->kind == CONDITION_CLAUSE) {
        verdict.track = track;
        holds = false;
        if (track) {
            int64_t step = track_step(track, at, asking->engine->policy->zone);
            struct seen seen = clause_seen(asking, condition, track, step);
            holds = clause_satisfied(asking, condition, track, step, &seen);
            verdict.has_run = seen.known;
            verdict.first = verdict.last = step;
            verdict.bound = figure_value(asking->engine, &condition->bound, asking->subject);
        }
    }
    verdict.held = holds;
    asking->verdicts[condition->number] = verdict;
    if (asking->engine->options.covered)
        asking->engine->options.covered(asking->engine->options.covered_arg, asking->rule,
                                        condition->number, holds);
    return holds;
}

static bool rota_holds(struct engine *engine, const struct rule *rule, instant_ms from,
                       const char **failure)
{
    if (!rule->on)
        return true;
    struct asking asking = {
        .engine = engine,
        .rule = rule,
        .subject = engine_subject(engine, rota_subject(engine, rule)),
        .mode = ASK_LIFT,
        .verdicts = engine->verdicts,
    };
    bool holds = condition_at(&asking, rule->on, from);
    *failure = asking.failure;
    return holds && !asking.failure;
}

static void decide(struct engine *engine, struct rota_state *rota, enum decision_kind kind)
{
    const struct rule *rule = rota->rule;
    const char *failure = NULL;
    bool starts = kind == DECISION_ROTA_START;
    size_t count;
    rota->active = starts;
    struct demand *demands = engine_demands(engine, NULL, -1, INSTANT_NONE, &count);
    struct plan_context context = {
        .rule = rule,
        .subject = rota_subject(engine, rule),
        .start = rota->from,
        .revision = starts ? 1 : 2,
        .kind = decision_kind_name(kind),
        .level = -1,
        .from_level = -1,
        .begin = starts ? rota->from : rota->to,
        .at = engine->now,
    };
    struct plan *plan = engine_plan(engine, &context, demands, count, &failure);
    if (!plan) {
        emit_failure(engine, rule, failure);
        return;
    }
    struct decision *decision = emit(engine, kind, rule);
    decision->episode = instance_id(engine, rule, context.subject, rota->from);
    decision->plan = plan;
    decision->begin = context.begin;
    if (starts && rule->on) {
        emit_held(engine, decision, rule->on);
        decision->trace = trace_condition(engine, rule, rule->on, engine->verdicts, plan);
    }
    emit_orders(engine, decision, plan);
}

static instant_ms decided_at(const struct engine *engine, const struct rule *rule,
                             const struct window *window)
{
    return window->from - figure_span(engine, &rule->lead, 0);
}

/* The first window whose decision is still to come. */
static struct window next_window(const struct engine *engine, const struct rota_state *rota)
{
    instant_ms after = rota->looked;
    int64_t day = civil_day(after, engine->policy->zone) - 1;
    for (;; day++) {
        struct window window = window_of(engine, rota->rule, day);
        if (decided_at(engine, rota->rule, &window) > after)
            return window;
    }
}

static instant_ms state_due(const struct engine *engine, const struct rota_state *rota)
{
    if (rota->active)
        return rota->to;
    struct window window = next_window(engine, rota);
    return decided_at(engine, rota->rule, &window);
}

instant_ms rota_due(const struct engine *engine)
{
    instant_ms due = INSTANT_NONE;
    for (size_t i = 0; i < engine->rota_count; i++) {
        const struct rota_state *rota = &engine->rotas[engine->rota_rules[i]];
        if (rota->looked == INSTANT_NONE)
            continue;
        instant_ms at = state_due(engine, rota);
        if (due == INSTANT_NONE || at < due)
            due = at;
    }
    return due;
}

static void start_if_in_force(struct engine *engine, struct rota_state *rota, struct window window)
{
    const char *failure = NULL;
    int64_t day = civil_day(window.from, engine->policy->zone);
    if (!day_in_force(engine, rota->rule, day))
        return;
    if (engine->obeyed_count > 0 && engine_obeys_failure(engine, rota->rule))
        return;
    bool holds = rota_holds(engine, rota->rule, window.from, &failure);
    if (failure)
        emit_failure(engine, rota->rule, failure);
    if (!holds) {
        tell_stale_for_rota(engine, rota, engine_subject(engine, rota_subject(engine, rota->rule)));
        return;
    }
    rota->from = window.from;
    rota->to = window.to;
    decide(engine, rota, DECISION_ROTA_START);
}

/* Whether the window that follows at once is in force too: then a whole-day rota simply goes on. */
static bool goes_on(struct engine *engine, struct rota_state *rota)
{
    const char *failure = NULL;
    int64_t day = civil_day(rota->to, engine->policy->zone);
    if (rota->rule->has_hours || !day_in_force(engine, rota->rule, day))
        return false;
    bool holds = rota_holds(engine, rota->rule, rota->to, &failure);
    if (failure)
        emit_failure(engine, rota->rule, failure);
    return holds && !failure;
}

static void tick(struct engine *engine, struct rota_state *rota)
{
    if (rota->active) {
        if (!goes_on(engine, rota)) {
            decide(engine, rota, DECISION_ROTA_END);
            return;
        }
        struct window next = {rota->to, rota->to + DAY_MS};
        rota->to = next.to;
        if (rota->looked < decided_at(engine, rota->rule, &next))
            rota->looked = decided_at(engine, rota->rule, &next);
        return;
    }
    struct window window = next_window(engine, rota);
    rota->looked = decided_at(engine, rota->rule, &window);
    start_if_in_force(engine, rota, window);
}

/* The calendar begins with the engine's first fact. */
void rota_tick(struct engine *engine)
{
    for (size_t i = 0; i < engine->rota_count; i++) {
        struct rota_state *rota = &engine->rotas[engine->rota_rules[i]];
        if (rota->looked == INSTANT_NONE)
            rota->looked = engine->now - 1;
        while (state_due(engine, rota) <= engine->now)
            tick(engine, rota);
    }
}

/* A bulletin may start a window that has begun without it. */
void rota_bulletin(struct engine *engine, int area)
{
    for (size_t i = 0; i < engine->rota_count; i++) {
        struct rota_state *rota = &engine->rotas[engine->rota_rules[i]];
        const struct rule *rule = rota->rule;
        if (!rule->on || rota->active || rota_area(engine, rule) != area)
            continue;
        int64_t day = civil_day(engine->now, engine->policy->zone);
        for (int64_t d = day - 1; d <= day && !rota->active; d++) {
            struct window window = window_of(engine, rule, d);
            if (window.from <= engine->now && engine->now < window.to)
                start_if_in_force(engine, rota, window);
        }
    }
}
