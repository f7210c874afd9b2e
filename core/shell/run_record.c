/* What a run keeps.
 *
 * Decisions are borrowed from the engine for one step only, so everything is copied into the run's
 * arena. */
#include "shell/run_record.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/look.h"
#include <stdlib.h>
#include <string.h>

static const char *keep(struct run *run, const char *text)
{
    return text ? arena_strdup(&run->arena, text) : NULL;
}

static const char *const *keep_because(struct run *run, const struct decision *decision)
{
    const char **because =
        arena_alloc(&run->arena, ((size_t)decision->because_count + 1) * sizeof *because);
    for (int i = 0; i < decision->because_count; i++)
        because[i] = keep(run, decision->because[i]);
    return because;
}

static void keep_plan(struct record *record, const struct plan *plan)
{
    if (!plan)
        return;
    record->planned = true;
    memcpy(record->shares, plan->shares, sizeof record->shares);
    memcpy(record->plan, plan->hash, sizeof record->plan);
    record->plan_orders = plan->count;
    record->bound = plan->bound;
    record->untouched = plan->untouched;
}

size_t run_record(struct run *run, const struct fact *cause, const struct decision *decision)
{
    xgrow((void **)&run->records, run->record_count, &run->record_capacity, sizeof *run->records);
    struct record *record = &run->records[run->record_count];
    *record = (struct record){
        .at = decision->at,
        .begin = decision->begin,
        .kind = decision->kind,
        .rule = keep(run, decision->rule),
        .episode = keep(run, decision->episode),
        .level = keep(run, decision->level),
        .from = keep(run, decision->from),
        .order = keep(run, decision->order),
        .to = keep(run, decision->to),
        .measures = keep(run, decision->measures),
        .text = keep(run, decision->text),
        .trace = keep(run, decision->trace),
        .result = keep(run, decision->result),
        .subject = keep(run, decision->subject),
        .about = keep(run, decision->about),
        .because = keep_because(run, decision),
        .because_count = decision->because_count,
        .recipient = decision->to ? registry_find(&run->policy->registry, decision->to) : -1,
        .source = decision->source,
        .delivered = INSTANT_NONE,
        .acknowledged = INSTANT_NONE,
        .refused = INSTANT_NONE,
        .done = INSTANT_NONE,
    };
    if (cause && cause->kind != FACT_TICK && cause->id) {
        record->cause = arena_printf(&run->arena, "%s %s", cause->source, cause->id);
        record->cause_kind = cause->kind;
    }
    keep_plan(record, decision->plan);
    return run->record_count++;
}

void run_answer(struct run *run, const char *order, const struct receipt *receipt, instant_ms at)
{
    for (size_t i = run->record_count; i-- > 0;) {
        struct record *record = &run->records[i];
        if (!record->order || !str_equal(record->order, order))
            continue;
        if (receipt->kind == RECEIPT_DELIVERED && record->delivered == INSTANT_NONE)
            record->delivered = at;
        if (receipt->kind == RECEIPT_ACKNOWLEDGED && record->acknowledged == INSTANT_NONE)
            record->acknowledged = at;
        if (receipt->kind == RECEIPT_REFUSED && record->refused == INSTANT_NONE) {
            record->refused = at;
            record->reason = keep(run, receipt->reason);
        }
        if (receipt->kind == RECEIPT_DONE && record->done == INSTANT_NONE)
            record->done = at;
        return;
    }
}

void run_keep_bulletin(struct run *run, const struct fact *fact)
{
    if (fact->kind != FACT_FORECAST || !str_equal(fact->forecast.series, "aqi_day") ||
        !str_equal(fact->subject, run->policy->city))
        return;
    xgrow((void **)&run->bulletins, run->bulletin_count, &run->bulletin_capacity,
          sizeof *run->bulletins);
    fact_copy(&run->bulletins[run->bulletin_count++], &run->arena, fact);
}

/* ---- the chart ---- */

static void chart_put(void *arg, const struct looked *looked)
{
    struct chart_line *line = arg;
    int value = AQI_UNKNOWN;
    if (looked->value.den > 0)
        value = (int)(ratio_round_half_even(looked->value, 0) / MICRO);
    struct charted charted = {looked->start, looked->end, value};
    size_t at = line->count;
    while (at > 0 && line->items[at - 1].start > looked->start)
        at--;
    if (at > 0 && line->items[at - 1].start == looked->start) {
        line->items[at - 1] = charted;
        return;
    }
    xgrow((void **)&line->items, line->count, &line->capacity, sizeof charted);
    memmove(line->items + at + 1, line->items + at, (line->count - at) * sizeof charted);
    line->items[at] = charted;
    line->count++;
}

void run_chart(struct run *run, const struct engine *engine, instant_ms from)
{
    static const char *const series[CHART_LINES] = {"aqi_hour", "aqi_24h", "aqi_day"};
    for (int i = 0; i < CHART_LINES; i++)
        engine_look(engine, run->policy->city, series[i], from, chart_put, &run->lines[i]);
}

/* ---- questions ---- */

bool record_is_transition(const struct record *record)
{
    return record->kind <= DECISION_REOPEN && record->source &&
           record->source->kind == RULE_WARNING;
}

const char *run_level_at(const struct run *run, const char *rule, instant_ms instant)
{
    const char *strictest = NULL;
    int highest = -1;
    size_t rules = 0;
    const char *names[16], *levels[16];
    for (size_t i = 0; i < run->record_count && run->records[i].at <= instant; i++) {
        const struct record *record = &run->records[i];
        size_t k = 0;
        if (!record_is_transition(record) || (rule && !str_equal(rule, record->rule)))
            continue;
        while (k < rules && !str_equal(names[k], record->rule))
            k++;
        if (k == rules && rules == 16)
            continue;
        rules += k == rules;
        names[k] = record->rule;
        levels[k] = record->kind == DECISION_LIFT ? NULL : record->level;
    }
    for (size_t k = 0; k < rules; k++) {
        int level = levels[k] ? policy_level(run->policy, levels[k]) : -1;
        if (level > highest) {
            highest = level;
            strictest = levels[k];
        }
    }
    return strictest;
}

void run_release(struct run *run)
{
    size_t expects = run->scenario ? run->scenario->expect_count : 0;
    for (size_t i = 0; run->results && i < expects; i++)
        expect_result_release(&run->results[i]);
    for (int i = 0; i < CHART_LINES; i++)
        free(run->lines[i].items);
    free(run->records);
    free(run->bulletins);
    free(run->dropped);
    arena_release(&run->arena);
    *run = (struct run){0};
}
