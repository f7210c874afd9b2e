/* Making an engine ready, and giving everything back: the rules' indexes, the ladders, the areas.
 */
#include "base/limits.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include "engine/inner.h"
#include <stdlib.h>

static bool observes(const struct condition *condition, int series)
{
    if (!condition)
        return false;
    if (condition->kind == CONDITION_CLAUSE)
        return condition->view != VIEW_RECEIPT && condition->series == series;
    for (int i = 0; i < condition->count; i++)
        if (observes(&condition->items[i], series))
            return true;
    return false;
}

static bool watches(const struct rule *rule, int series)
{
    if (rule->kind != RULE_WATCH || rule->per.kind == SUBJECT_EVENT)
        return false;
    for (int i = 0; i < rule->level_count; i++)
        if (observes(rule->levels[i].when, series))
            return true;
    return observes(rule->lift_when, series);
}

static void index_watches(struct engine *engine)
{
    size_t count = engine->policy->series_count;
    engine->series_watches = xcalloc(count + 1, sizeof *engine->series_watches);
    for (size_t series = 0; series < count; series++) {
        int *rules = xmalloc((engine->rule_count + 1) * sizeof *rules);
        size_t found = 0;
        for (size_t i = 0; i < engine->rule_count; i++)
            if (watches(&engine->rules[i], (int)series))
                rules[found++] = (int)i;
        rules[found++] = -1;
        engine->series_watches[series] = xrealloc(rules, found * sizeof *rules);
    }
}

static int64_t steps_wanted(const struct engine *engine, const struct figure *lasting)
{
    span_ms shortest = DAY_MS, span = lasting->kind == FIGURE_CONST  ? lasting->value
                                      : lasting->kind == FIGURE_NONE ? 0
                                                                     : 30 * (span_ms)DAY_MS;
    for (size_t i = 0; i < engine->policy->series_count; i++)
        if (engine->policy->series[i].step < shortest && engine->policy->series[i].step > 0)
            shortest = engine->policy->series[i].step;
    return span / shortest + 2;
}

static int64_t condition_steps(const struct engine *engine, const struct condition *condition)
{
    if (!condition)
        return 1;
    int64_t most = steps_wanted(engine, &condition->lasting);
    for (int i = 0; i < condition->count; i++) {
        int64_t steps = condition_steps(engine, &condition->items[i]);
        most = steps > most ? steps : most;
    }
    return most;
}

static int64_t rule_steps(const struct engine *engine, const struct rule *rule)
{
    int64_t most = condition_steps(engine, rule->lift_when);
    for (int i = 0; i < rule->level_count; i++) {
        int64_t steps = condition_steps(engine, rule->levels[i].when);
        most = steps > most ? steps : most;
    }
    for (int i = 0; i < rule->step_count; i++) {
        int64_t steps = steps_wanted(engine, &rule->steps[i].lasting);
        most = steps > most ? steps : most;
    }
    return most;
}

/* Twice what the longest run needs, so that a late value still finds its place. */
static void measure_rules(struct engine *engine)
{
    int64_t most = 16;
    int conditions = 1;
    for (size_t i = 0; i < engine->rule_count; i++) {
        const struct rule *rule = &engine->rules[i];
        if (rule->condition_count > conditions)
            conditions = rule->condition_count;
        int64_t steps = rule->kind == RULE_WATCH ? rule_steps(engine, rule) : 1;
        most = steps > most ? steps : most;
    }
    engine->track_keep = 32;
    while (engine->track_keep < 2 * most && engine->track_keep < SERIES_STEPS_KEPT)
        engine->track_keep *= 2;
    engine->verdicts = xcalloc((size_t)conditions + 1, sizeof *engine->verdicts);
}

static void ladders_init(struct engine *engine)
{
    engine->ladders = xcalloc(engine->rule_count + 1, sizeof *engine->ladders);
    engine->rotas = xcalloc(engine->rule_count + 1, sizeof *engine->rotas);
    engine->failing = xcalloc(engine->rule_count + 1, sizeof *engine->failing);
    engine->warnings = xcalloc(engine->rule_count + 1, sizeof *engine->warnings);
    engine->rota_rules = xcalloc(engine->rule_count + 1, sizeof *engine->rota_rules);
    for (size_t i = 0; i < engine->rule_count; i++) {
        const struct rule *rule = &engine->rules[i];
        engine->ladders[i] = (struct ladder){
            .rule = rule,
            .level = -1,
            .own = -1,
            .peak = -1,
            .floor = -1,
            .begin = INSTANT_NONE,
            .start = INSTANT_NONE,
            .last_lift = INSTANT_NONE,
            .told = xcalloc((size_t)rule->condition_count + 1, sizeof(bool)),
        };
        engine->rotas[i] = (struct rota_state){.rule = rule, .looked = INSTANT_NONE};
        if (rule->kind == RULE_WARNING)
            engine->warnings[engine->warning_count++] = (int)i;
        if (rule->kind == RULE_ROTA && rule->during_rule < 0)
            engine->rota_rules[engine->rota_count++] = (int)i;
    }
}

int engine_new(struct engine **ret_engine, struct program *program,
               const struct engine_options *options)
{
    struct engine *engine = xcalloc(1, sizeof *engine);
    engine->program = program;
    engine->policy = program_policy(program);
    engine->rules = program_rules(program, &engine->rule_count);
    engine->options = *options;
    engine->now = INSTANT_NONE;
    for (size_t i = 0; i < engine->policy->series_count; i++)
        intern_add(&engine->series_names, engine->policy->series[i].name);
    engine->holdings = xcalloc(engine->policy->registry.count + 1, sizeof *engine->holdings);
    measure_rules(engine);
    index_watches(engine);
    ladders_init(engine);
    air_init(engine);
    evidence_init(engine);
    *ret_engine = engine;
    return 0;
}

void engine_forget_plans(struct engine *engine)
{
    for (size_t i = 0; i < engine->plan_count; i++) {
        plan_release(engine->plans[i]);
        free(engine->plans[i]);
    }
    engine->plan_count = 0;
}

void engine_forget_failures(struct engine *engine)
{
    for (size_t i = 0; i < engine->obeyed_count; i++) {
        free(engine->obeyed[i].rule);
        free(engine->obeyed[i].message);
    }
    engine->obeyed_count = 0;
}

static void release_state(struct engine *engine)
{
    for (size_t i = 0; i < engine->track_count; i++) {
        track_release(engine->tracks[i]);
        free(engine->tracks[i]);
    }
    for (size_t i = 0; i < engine->watcher_count; i++) {
        free(engine->watchers[i]->runs);
        free(engine->watchers[i]);
    }
    for (size_t i = 0; i < engine->rule_count; i++) {
        ladder_release(&engine->ladders[i]);
        free(engine->failing[i].message);
    }
    for (size_t i = 0; i < engine->subject_count; i++) {
        free(engine->subjects[i].tracks);
        free(engine->subjects[i].watchers);
    }
    for (size_t i = 0; i < engine->policy->area_count; i++) {
        free(engine->areas[i].reported);
        free(engine->areas[i].closed);
    }
    for (size_t i = 0; i < engine->policy->series_count; i++)
        free(engine->series_watches[i]);
    evidence_release(engine);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    engine_forget_plans(engine);
    engine_forget_failures(engine);
    release_state(engine);
    intern_release(&engine->names);
    intern_release(&engine->series_names);
    arena_release(&engine->arena);
    free(engine->tracks);
    free(engine->watchers);
    free(engine->cells);
    free(engine->ladders);
    free(engine->warnings);
    free(engine->failing);
    free(engine->rota_rules);
    free(engine->rotas);
    free(engine->subjects);
    free(engine->areas);
    free(engine->series_watches);
    free(engine->holdings);
    free(engine->heap);
    free(engine->spots);
    free(engine->obeyed);
    free(engine->decisions);
    free(engine->plans);
    free(engine->verdicts);
    free(engine);
}
