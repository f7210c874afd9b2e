/* Decisions of one step, and what they carry.  Everything lives in the step's arena. */
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include "engine/inner.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [DECISION_ISSUE] = "issue",
    [DECISION_RAISE] = "raise",
    [DECISION_LOWER] = "lower",
    [DECISION_LIFT] = "lift",
    [DECISION_REOPEN] = "reopen",
    [DECISION_ORDER] = "order",
    [DECISION_RELEASE] = "release",
    [DECISION_TASK] = "task",
    [DECISION_ALARM] = "alarm",
    [DECISION_CLEAR] = "clear",
    [DECISION_ROTA_START] = "rota_start",
    [DECISION_ROTA_END] = "rota_end",
    [DECISION_PROPOSE] = "propose",
    [DECISION_EVIDENCE] = "evidence",
    [DECISION_ACT] = "act",
};

const char *decision_kind_name(enum decision_kind kind)
{
    return kind_names[kind];
}

int decision_kind_of(const char *name)
{
    for (int kind = 0; kind < DECISION_KINDS_ALL; kind++)
        if (str_equal(kind_names[kind], name))
            return kind;
    return ERR_NOT_FOUND;
}

struct decision *emit(struct engine *engine, enum decision_kind kind, const struct rule *rule)
{
    xgrow((void **)&engine->decisions, engine->decision_count, &engine->decision_capacity,
          sizeof *engine->decisions);
    struct decision *decision = &engine->decisions[engine->decision_count++];
    *decision = (struct decision){
        .at = engine->now,
        .kind = kind,
        .rule = rule ? rule->name : NULL,
        .source = rule,
        .begin = INSTANT_NONE,
    };
    return decision;
}

const char *emit_text(struct engine *engine, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    const char *kept = arena_strdup(&engine->arena, text);
    free(text);
    return kept;
}

void emit_because(struct engine *engine, struct decision *decision, const char *words)
{
    size_t count = (size_t)decision->because_count;
    const char **because = arena_alloc(&engine->arena, (count + 1) * sizeof *because);
    if (count)
        memcpy(because, decision->because, count * sizeof *because);
    because[count] = words;
    decision->because = because;
    decision->because_count++;
}

void emit_held(struct engine *engine, struct decision *decision, const struct condition *condition)
{
    const struct verdict *verdict = &engine->verdicts[condition->number];
    if (!verdict->held)
        return;
    if (condition->kind == CONDITION_CLAUSE || condition->joint) {
        emit_because(engine, decision, verdict_words(engine, condition, verdict));
        return;
    }
    for (int i = 0; i < condition->count; i++)
        emit_held(engine, decision, &condition->items[i]);
}

/* A rule that fails is an incident of its own: it names script and line (the message begins with
 * them).  The same failure is told once a day, not at every value. */
void emit_failure(struct engine *engine, const struct rule *rule, const char *message)
{
    struct failing *failing = &engine->failing[rule - engine->rules];
    if (failing->message && str_equal(failing->message, message) &&
        engine->now - failing->told < DAY_MS)
        return;
    free(failing->message);
    *failing = (struct failing){xstrdup(message), engine->now};
    struct decision *decision = emit(engine, DECISION_ALARM, rule);
    decision->failure = emit_text(engine, "%s", message);
    emit_because(engine, decision, emit_text(engine, "script failed: %s", message));
    decision->text = emit_text(engine, "规则“%s”运行出错，本次未作判断：%s", rule->name, message);
}

bool engine_obeys_failure(struct engine *engine, const struct rule *rule)
{
    for (size_t i = 0; i < engine->obeyed_count; i++)
        if (str_equal(engine->obeyed[i].rule, rule->name)) {
            emit_failure(engine, rule, engine->obeyed[i].message);
            return true;
        }
    return false;
}

const char *instance_id(struct engine *engine, const struct rule *rule, const char *subject,
                        instant_ms start)
{
    struct buf buf = {0};
    buf_puts(&buf, rule->name);
    buf_putc(&buf, '/');
    buf_puts(&buf, subject);
    buf_putc(&buf, '/');
    instant_print_minute(&buf, start, engine->policy->zone);
    const char *id = arena_strdup(&engine->arena, buf_str(&buf));
    buf_release(&buf);
    return id;
}

const char *task_id(struct engine *engine, const char *origin, int subject, const char *what)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    struct hasher *hasher = hasher_new();
    hasher_add_text(hasher, origin);
    hasher_add_text(hasher, subject_name(engine, subject));
    hasher_add_text(hasher, what);
    hasher_done(hasher, hash);
    hash_hex(hash, hex);
    return emit_text(engine, "%.32s", hex);
}

/* The cause is copied, since the array may move as orders are added. */
void emit_orders(struct engine *engine, const struct decision *cause, struct plan *plan)
{
    const struct decision parent = *cause;
    for (size_t i = 0; i < plan->count; i++) {
        const struct order *order = &plan->orders[i];
        enum decision_kind kind =
            order->change == ORDER_RELEASED ? DECISION_RELEASE : DECISION_ORDER;
        struct decision *decision = emit(engine, kind, parent.source);
        decision->episode = parent.episode;
        decision->level = parent.level;
        decision->from = parent.from;
        decision->because = parent.because;
        decision->because_count = parent.because_count;
        decision->order = order->id;
        decision->to = engine->policy->registry.recipients[order->recipient].id;
        decision->measures = order->measures;
        decision->text = order->text;
        decision->begin = parent.begin;
        decision->released_by = plan->hash;
        engine->holdings[order->recipient] = order->now;
        evidence_order(engine, decision, order);
    }
}

struct plan *engine_plan(struct engine *engine, const struct plan_context *context,
                         const struct demand *demands, size_t count, const char **reterr)
{
    xgrow((void **)&engine->plans, engine->plan_count, &engine->plan_capacity,
          sizeof *engine->plans);
    struct plan *plan = xcalloc(1, sizeof *plan);
    engine->plans[engine->plan_count++] = plan;
    struct plan_context copy = *context;
    copy.drill = engine->options.drill;
    int err = plan_build(plan, engine->program, &copy, demands, count, engine->holdings, reterr);
    return err < 0 ? NULL : plan;
}

static bool rota_joins(const struct engine *engine, const struct rule *rota,
                       const struct rule *warning, int level)
{
    return rota->kind == RULE_ROTA && rota->during_rule >= 0 &&
           &engine->rules[rota->during_rule] == warning &&
           warning->levels[level].level >= rota->during_level;
}

struct demand_list {
    struct demand *items;
    size_t count;
};

static void add_warning(const struct engine *engine, struct demand_list *list,
                        const struct rule *rule, int level, instant_ms begin)
{
    if (level < 0)
        return;
    list->items[list->count++] = (struct demand){
        .rule = rule, .level = rule->levels[level].level, .from = begin, .to = INSTANT_NONE};
    for (size_t i = 0; i < engine->rule_count; i++)
        if (rota_joins(engine, &engine->rules[i], rule, level))
            list->items[list->count++] = (struct demand){.rule = rule,
                                                         .level = -1,
                                                         .rota = &engine->rules[i],
                                                         .from = begin,
                                                         .to = INSTANT_NONE};
}

/* The city's own level and every directive, each from its own begin: a stricter directive for
 * tomorrow takes nothing away from today. */
static void add_ladder(const struct engine *engine, struct demand_list *list,
                       const struct ladder *ladder, int own, instant_ms begin)
{
    add_warning(engine, list, ladder->rule, own, begin);
    for (size_t i = 0; i < ladder->directive_count; i++)
        add_warning(engine, list, ladder->rule, ladder->directives[i].level,
                    ladder->directives[i].from);
}

static size_t joining_rotas(const struct engine *engine)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->rule_count; i++)
        count += engine->rules[i].kind == RULE_ROTA && engine->rules[i].during_rule >= 0;
    return count;
}

static size_t demands_most(const struct engine *engine)
{
    size_t levels = engine->warning_count;
    for (size_t i = 0; i < engine->warning_count; i++)
        levels += engine->ladders[engine->warnings[i]].directive_count;
    return levels + engine->rota_count + levels * joining_rotas(engine) + 1;
}

/* In the order of the rules, so that equal states give equal plans. */
struct demand *engine_demands(struct engine *engine, const struct rule *skip, int own,
                              instant_ms begin, size_t *ret_count)
{
    struct demand_list list = {
        arena_alloc(&engine->arena, demands_most(engine) * sizeof(struct demand)), 0};
    for (size_t i = 0; i < engine->rule_count; i++) {
        const struct rule *rule = &engine->rules[i];
        const struct ladder *ladder = &engine->ladders[i];
        if (rule->kind == RULE_WARNING)
            add_ladder(engine, &list, ladder, rule == skip ? own : ladder->own,
                       rule == skip ? begin : ladder->begin);
        else if (rule->kind == RULE_ROTA && engine->rotas[i].active)
            list.items[list.count++] = (struct demand){.rule = rule,
                                                       .level = -1,
                                                       .rota = rule,
                                                       .from = engine->rotas[i].from,
                                                       .to = engine->rotas[i].to};
    }
    *ret_count = list.count;
    return list.items;
}

static void optional(struct json_writer *writer, const char *key, const char *text)
{
    if (!text)
        return;
    jw_key(writer, key);
    jw_text(writer, text);
}

void decision_print(struct buf *buf, const struct decision *decision, span_ms zone)
{
    struct json_writer writer = {.buf = buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "at");
    jw_instant(&writer, decision->at, zone);
    jw_key(&writer, "kind");
    jw_text(&writer, decision_kind_name(decision->kind));
    jw_key(&writer, "rule");
    jw_text(&writer, decision->rule);
    jw_key(&writer, "episode");
    jw_text(&writer, decision->episode);
    jw_key(&writer, "level");
    jw_text(&writer, decision->level);
    jw_key(&writer, "from");
    jw_text(&writer, decision->from);
    jw_key(&writer, "because");
    jw_begin(&writer, '[');
    for (int i = 0; i < decision->because_count; i++)
        jw_text(&writer, decision->because[i]);
    jw_end(&writer, ']');
    optional(&writer, "order", decision->order);
    optional(&writer, "to", decision->to);
    if (decision->measures) {
        jw_key(&writer, "measures");
        jw_raw(&writer, decision->measures);
    }
    optional(&writer, "subject", decision->subject);
    optional(&writer, "about", decision->about);
    optional(&writer, "result", decision->result);
    jw_end(&writer, '}');
}
