/* Facts as values: their names, when they are learnt, copying and moving them in time. */
#include "model/fact.h"
#include "base/arena.h"
#include "base/str.h"
#include <assert.h>
#include <string.h>

static const char *const kind_names[] = {
    [FACT_READING] = "reading",   [FACT_FORECAST] = "forecast", [FACT_DIRECTIVE] = "directive",
    [FACT_INCIDENT] = "incident", [FACT_DECISION] = "decision", [FACT_RECEIPT] = "receipt",
    [FACT_TICK] = "tick",         [FACT_POLICY] = "policy",     [FACT_FAILURE] = "failure",
};

const char *fact_kind_name(enum fact_kind kind)
{
    assert(kind >= FACT_READING && kind <= FACT_FAILURE);
    return kind_names[kind];
}

int fact_kind_of(const char *name)
{
    for (int kind = FACT_READING; kind <= FACT_FAILURE; kind++) {
        if (str_equal(kind_names[kind], name))
            return kind;
    }
    return ERR_NOT_FOUND;
}

instant_ms fact_default_arrival(const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_READING:
        return fact->time + fact->reading.period;
    case FACT_FORECAST:
        return fact->forecast.issued;
    default:
        return fact->time;
    }
}

/* Copying ------------------------------------------------------------------------------------- */

static void copy_text(struct arena *arena, const char **text)
{
    if (*text)
        *text = arena_strdup(arena, *text);
}

static const void *copy_items(struct arena *arena, const void *items, int count, size_t item_size)
{
    if (count <= 0)
        return NULL;
    void *copy = arena_alloc(arena, (size_t)count * item_size);
    memcpy(copy, items, (size_t)count * item_size);
    return copy;
}

static void copy_reading(struct arena *arena, struct reading *reading)
{
    if (reading->count <= 0)
        return;
    struct reading_value *values =
        arena_alloc(arena, (size_t)reading->count * sizeof *reading->values);
    for (int i = 0; i < reading->count; i++) {
        values[i] = reading->values[i];
        copy_text(arena, &values[i].series);
    }
    reading->values = values;
}

static void copy_forecast(struct arena *arena, struct forecast *forecast)
{
    int count = forecast->count;
    copy_text(arena, &forecast->series);
    forecast->low = copy_items(arena, forecast->low, count, sizeof *forecast->low);
    forecast->high = copy_items(arena, forecast->high, count, sizeof *forecast->high);
    forecast->primary = copy_items(arena, forecast->primary, count, sizeof *forecast->primary);
}

static void copy_body(struct arena *arena, struct fact *fact)
{
    switch (fact->kind) {
    case FACT_READING:
        copy_reading(arena, &fact->reading);
        break;
    case FACT_FORECAST:
        copy_forecast(arena, &fact->forecast);
        break;
    case FACT_DIRECTIVE:
        copy_text(arena, &fact->directive.level);
        copy_text(arena, &fact->directive.number);
        break;
    case FACT_INCIDENT:
        copy_text(arena, &fact->incident.kind);
        copy_text(arena, &fact->incident.text);
        copy_text(arena, &fact->incident.body);
        break;
    case FACT_DECISION:
        copy_text(arena, &fact->decision.by);
        copy_text(arena, &fact->decision.note);
        copy_text(arena, &fact->decision.plan);
        copy_text(arena, &fact->decision.level);
        copy_text(arena, &fact->decision.text);
        break;
    case FACT_RECEIPT:
        copy_text(arena, &fact->receipt.channel);
        copy_text(arena, &fact->receipt.by);
        copy_text(arena, &fact->receipt.reason);
        break;
    case FACT_POLICY:
        copy_text(arena, &fact->policy.hash);
        break;
    case FACT_FAILURE:
        copy_text(arena, &fact->failure.rule);
        copy_text(arena, &fact->failure.message);
        break;
    case FACT_TICK:
        break;
    }
}

void fact_copy(struct fact *ret_fact, struct arena *arena, const struct fact *from)
{
    *ret_fact = *from;
    ret_fact->content = (struct fact_content){0};
    copy_text(arena, &ret_fact->source);
    copy_text(arena, &ret_fact->id);
    copy_text(arena, &ret_fact->subject);
    copy_body(arena, ret_fact);
}

/* Moving -------------------------------------------------------------------------------------- */

static void shift(instant_ms *instant, span_ms offset)
{
    if (*instant != INSTANT_NONE)
        *instant += offset;
}

void fact_shift(struct fact *fact, span_ms offset)
{
    fact->content = (struct fact_content){0};
    shift(&fact->time, offset);
    shift(&fact->arrival, offset);
    if (fact->kind == FACT_FORECAST) {
        shift(&fact->forecast.issued, offset);
        shift(&fact->forecast.start, offset);
    } else if (fact->kind == FACT_DIRECTIVE) {
        shift(&fact->directive.from, offset);
        shift(&fact->directive.to, offset);
    } else if (fact->kind == FACT_DECISION) {
        shift(&fact->decision.until, offset);
    }
}
