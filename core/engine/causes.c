/* See causes.h. */
#include "engine/causes.h"

#include "base/err.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static unsigned char *select_rota(struct program *program, const struct rule *rota,
                                  const char **reterr)
{
    size_t count = program_policy(program)->registry.count;
    unsigned char *who = selector_recipients(program, &rota->who, reterr), *except;

    if (!who || !rota->except.present)
        return who;
    except = selector_recipients(program, &rota->except, reterr);
    if (!except) {
        free(who);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        who[i] = who[i] && !except[i];
    free(except);
    return who;
}

static const unsigned char *selection_of(struct causes *causes, const struct rule *rota,
                                         const char **reterr)
{
    unsigned char *who;

    for (size_t i = 0; i < causes->selection_count; i++)
        if (causes->selections[i].rota == rota)
            return causes->selections[i].who;
    who = select_rota(causes->program, rota, reterr);
    if (!who)
        return NULL;
    xgrow((void **)&causes->selections, causes->selection_count, &causes->selection_capacity,
          sizeof(*causes->selections));
    causes->selections[causes->selection_count++] = (struct selection){rota, who};
    return who;
}

static int add_cause(struct causes *causes, struct cause_list *list, const struct demand *demand,
                     const char **reterr)
{
    struct cause cause = {.level = demand->level, .rota = demand->rota, .from = demand->from};

    if (demand->rota) {
        cause.level = -1;
        cause.who = selection_of(causes, demand->rota, reterr);
        if (!cause.who)
            return ERR_SCRIPT;
    }
    xgrow((void **)&list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = cause;
    return 0;
}

/* A rota that runs with a warning's level comes and goes with the level. */
static bool follows(const struct causes *causes, const struct rule *rota, const struct rule *rule)
{
    size_t count;
    const struct rule *rules = program_rules(causes->program, &count);

    return rota->during_rule >= 0 && (size_t)rota->during_rule < count &&
           &rules[rota->during_rule] == rule;
}

static bool belongs_to_change(const struct causes *causes, const struct plan_context *context,
                              const struct demand *demand)
{
    if (demand->rota)
        return demand->rota == context->rule || follows(causes, demand->rota, context->rule);
    return demand->rule == context->rule;
}

static int add_followers(struct causes *causes, const struct plan_context *context,
                         const char **reterr)
{
    size_t count;
    const struct rule *rules = program_rules(causes->program, &count);
    int err = 0;

    for (size_t i = 0; i < count && err == 0; i++) {
        struct demand demand = {.rule = &rules[i], .level = -1, .rota = &rules[i]};

        if (rules[i].kind == RULE_ROTA && follows(causes, &rules[i], context->rule) &&
            context->from_level >= rules[i].during_level)
            err = add_cause(causes, &causes->before, &demand, reterr);
    }
    return err;
}

/* The demands as they were before this change. */
static int add_causes_before(struct causes *causes, const struct plan_context *context,
                             const struct demand *demands, size_t count, const char **reterr)
{
    struct demand own = {.rule = context->rule, .level = context->from_level};
    bool rota_end = strcmp(context->kind, "rota_end") == 0;
    int err = 0;

    for (size_t i = 0; i < count && err == 0; i++)
        if (!belongs_to_change(causes, context, &demands[i]))
            err = add_cause(causes, &causes->before, &demands[i], reterr);
    if (rota_end) {
        own.level = -1;
        own.rota = context->rule;
    }
    if (err == 0 && (rota_end || own.level >= 0))
        err = add_cause(causes, &causes->before, &own, reterr);
    return err == 0 ? add_followers(causes, context, reterr) : err;
}

int causes_init(struct causes *causes, struct program *program, const struct plan_context *context,
                const struct demand *demands, size_t count, const char **reterr)
{
    int err = 0;

    *causes = (struct causes){.program = program, .policy = program_policy(program)};
    for (size_t i = 0; i < count && err == 0; i++)
        err = add_cause(causes, &causes->now, &demands[i], reterr);
    return err == 0 ? add_causes_before(causes, context, demands, count, reterr) : err;
}

void causes_release(struct causes *causes)
{
    for (size_t i = 0; i < causes->selection_count; i++)
        free(causes->selections[i].who);
    free(causes->selections);
    free(causes->now.items);
    free(causes->before.items);
    obligations_release(&causes->part);
}

void collect_list(struct obligations *set, const struct policy *policy,
                  const struct recipient *recipient, int level)
{
    struct duty stay = {0};

    for (int i = 0; recipient->duties && i < recipient->duty_counts[level]; i++)
        unite_duty(set, policy, recipient, &recipient->duties[level][i], NULL);
    if (recipient->kind != RECIPIENT_ENTERPRISE || recipient->supply != CLASS_LONG_STOPPED)
        return;
    stay.measure = registry_measure(&policy->registry, "no_restart");
    if (stay.measure)
        unite_duty(set, policy, recipient, &stay, NULL);
}

static void collect_cause(struct causes *causes, const struct cause *cause, size_t position)
{
    const struct recipient *recipient = &causes->policy->registry.recipients[position];
    const struct rule *rota = cause->rota;

    obligations_clear(&causes->part);
    if (!rota)
        collect_list(&causes->part, causes->policy, recipient, cause->level);
    else if (cause->who[position])
        unite_duty(&causes->part, causes->policy, recipient, &rota->duty,
                   rota->has_hours ? &rota->hours : NULL);
}

instant_ms causes_collect(struct causes *causes, const struct cause_list *list, size_t position,
                          instant_ms by, struct obligations *set)
{
    instant_ms latest = INSTANT_NONE;

    obligations_clear(set);
    for (size_t i = 0; i < list->count; i++) {
        const struct cause *cause = &list->items[i];

        if (cause->from > by)
            continue;
        collect_cause(causes, cause, position);
        if (causes->part.count > 0 && cause->from > latest)
            latest = cause->from;
        unite_all(set, &causes->part);
    }
    unite_settle(set, &causes->policy->registry.recipients[position]);
    return latest;
}

instant_ms causes_start(struct causes *causes, size_t position, const struct obligation *obligation)
{
    instant_ms start = INSTANT_NONE;

    for (size_t i = 0; i < causes->now.count; i++) {
        const struct cause *cause = &causes->now.items[i];

        collect_cause(causes, cause, position);
        unite_settle(&causes->part, &causes->policy->registry.recipients[position]);
        for (size_t k = 0; k < causes->part.count; k++)
            if (obligation_covers(&causes->part.items[k], obligation) &&
                (start == INSTANT_NONE || cause->from < start))
                start = cause->from;
    }
    return start;
}
