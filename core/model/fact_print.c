/* Facts as canonical JSON.
 *
 * The keys stand in one fixed order, values of a reading sorted by series, instants in UTC; so
 * equal facts have equal bytes, and reading the bytes gives the fact back. */
#include "base/buf.h"
#include "base/json.h"
#include "model/fact.h"
#include "model/fact_words.h"
#include "model/series.h"

static void optional_text(struct json_writer *json, const char *key, const char *text)
{
    if (!text)
        return;
    jw_key(json, key);
    jw_text(json, text);
}

static void optional_instant(struct json_writer *json, const char *key, instant_ms instant)
{
    if (instant == INSTANT_NONE)
        return;
    jw_key(json, key);
    jw_instant(json, instant, 0);
}

static void span(struct json_writer *json, const char *key, span_ms value)
{
    struct buf text = {0};
    span_print(&text, value);
    jw_key(json, key);
    jw_text(json, buf_str(&text));
    buf_release(&text);
}

/* One flag for all values, or the flags of those that have one. */
static void print_flags(struct json_writer *json, const struct reading *reading)
{
    char first = reading->values[0].flag;
    bool same = true, any = false;
    for (int i = 0; i < reading->count; i++) {
        same &= reading->values[i].flag == first;
        any |= reading->values[i].flag != 0;
    }
    if (!any)
        return;
    jw_key(json, same ? "flag" : "flags");
    if (same) {
        jw_text(json, (char[]){first, 0});
        return;
    }
    jw_begin(json, '{');
    for (int i = 0; i < reading->count; i++) {
        if (reading->values[i].flag)
            optional_text(json, reading->values[i].series, (char[]){reading->values[i].flag, 0});
    }
    jw_end(json, '}');
}

static void print_reading(struct json_writer *json, const struct reading *reading)
{
    jw_key(json, "values");
    jw_begin(json, '{');
    for (int i = 0; i < reading->count; i++) {
        jw_key(json, reading->values[i].series);
        jw_micro(json, reading->values[i].value);
    }
    jw_end(json, '}');
    span(json, "period", reading->period);
    if (reading->count > 0)
        print_flags(json, reading);
}

static void print_primary(struct json_writer *json, unsigned pollutants)
{
    if (pollutants == 0) {
        jw_null(json);
        return;
    }
    jw_begin(json, '[');
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        if (pollutants >> p & 1)
            jw_text(json, pollutant_key(p));
    }
    jw_end(json, ']');
}

static void print_primaries(struct json_writer *json, const struct forecast *forecast)
{
    bool same = true;
    for (int i = 1; i < forecast->count; i++)
        same &= forecast->primary[i] == forecast->primary[0];
    if (same && forecast->primary[0] == 0)
        return;
    jw_key(json, "primary");
    if (same) {
        print_primary(json, forecast->primary[0]);
        return;
    }
    jw_begin(json, '[');
    for (int i = 0; i < forecast->count; i++)
        print_primary(json, forecast->primary[i]);
    jw_end(json, ']');
}

static void print_forecast(struct json_writer *json, const struct forecast *forecast)
{
    jw_key(json, "series");
    jw_text(json, forecast->series);
    optional_instant(json, "issued", forecast->issued);
    optional_instant(json, "start", forecast->start);
    span(json, "step", forecast->step);
    jw_key(json, "values");
    jw_begin(json, '[');
    for (int i = 0; i < forecast->count; i++) {
        if (forecast->low[i] == forecast->high[i]) {
            jw_micro(json, forecast->low[i]);
            continue;
        }
        jw_begin(json, '[');
        jw_micro(json, forecast->low[i]);
        jw_micro(json, forecast->high[i]);
        jw_end(json, ']');
    }
    jw_end(json, ']');
    if (forecast->count > 0 && forecast->primary)
        print_primaries(json, forecast);
}

/* Six places: a tenth of a metre. */
static void print_place(struct json_writer *json, const char *key, double degrees)
{
    micro figure;
    if (micro_of_double(degrees, &figure) < 0)
        return;
    jw_key(json, key);
    jw_micro(json, figure);
}

/* An incident that was read keeps its whole data; one that was built here has only the fields. */
static void print_incident(struct json_writer *json, const struct incident *incident)
{
    jw_begin(json, '{');
    if (incident->confidence != MICRO_NONE) {
        jw_key(json, "confidence");
        jw_micro(json, incident->confidence);
    }
    optional_text(json, "kind", incident->kind);
    if (incident->placed) {
        print_place(json, "lat", incident->lat);
        print_place(json, "lon", incident->lon);
    }
    optional_text(json, "text", incident->text);
    jw_end(json, '}');
}

static void print_decision(struct json_writer *json, const struct decision_fact *decision)
{
    jw_key(json, "act");
    jw_text(json, decision_act_names[decision->act]);
    optional_text(json, "by", decision->by);
    optional_text(json, "note", decision->note);
    optional_text(json, "plan", decision->plan);
    optional_text(json, "level", decision->level);
    optional_text(json, "text", decision->text);
    optional_instant(json, "until", decision->until);
    if (decision->count > 0) {
        jw_key(json, "count");
        jw_int(json, decision->count);
    }
}

static void print_receipt(struct json_writer *json, const struct receipt *receipt)
{
    jw_key(json, "kind");
    jw_text(json, receipt_kind_names[receipt->kind]);
    optional_text(json, "channel", receipt->channel);
    optional_text(json, "by", receipt->by);
    optional_text(json, "reason", receipt->reason);
}

static void print_members(struct json_writer *json, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_READING:
        print_reading(json, &fact->reading);
        break;
    case FACT_FORECAST:
        print_forecast(json, &fact->forecast);
        break;
    case FACT_DIRECTIVE:
        optional_text(json, "level", fact->directive.level);
        optional_instant(json, "from", fact->directive.from);
        optional_instant(json, "to", fact->directive.to);
        optional_text(json, "number", fact->directive.number);
        break;
    case FACT_DECISION:
        print_decision(json, &fact->decision);
        break;
    case FACT_RECEIPT:
        print_receipt(json, &fact->receipt);
        break;
    case FACT_POLICY:
        optional_text(json, "hash", fact->policy.hash);
        break;
    case FACT_FAILURE:
        optional_text(json, "rule", fact->failure.rule);
        optional_text(json, "message", fact->failure.message);
        break;
    case FACT_INCIDENT: /* printed by print_incident */
    case FACT_TICK:
        break;
    }
}

static void print_data(struct json_writer *json, const struct fact *fact)
{
    if (fact->kind == FACT_TICK)
        return;
    jw_key(json, "data");
    if (fact->kind == FACT_INCIDENT && fact->incident.body) {
        jw_raw(json, fact->incident.body);
    } else if (fact->kind == FACT_INCIDENT) {
        print_incident(json, &fact->incident);
    } else {
        jw_begin(json, '{');
        print_members(json, fact);
        jw_end(json, '}');
    }
}

static struct fact_content print_event(struct buf *buf, const struct fact *fact, bool recorded)
{
    struct json_writer json = {.buf = buf};
    struct fact_content content = {0};
    size_t start = buf->size;
    jw_begin(&json, '{');
    optional_text(&json, "specversion", "1.0");
    optional_text(&json, "type", fact_kind_name(fact->kind));
    content.identity = buf->size - start;
    optional_text(&json, "source", fact->source);
    optional_text(&json, "id", fact->id);
    if (fact->source && fact->id)
        content.identity_size = buf->size - start - content.identity;
    optional_text(&json, "subject", fact->subject);
    optional_instant(&json, "time", fact->time);
    content.head = buf->size - start;
    if (recorded)
        optional_instant(&json, "recordedtime", fact->arrival);
    if (recorded && fact->conflict) {
        jw_key(&json, "conflict");
        jw_bool(&json, true);
    }
    print_data(&json, fact);
    jw_end(&json, '}');
    content.text = buf->data + start;
    content.size = buf->size - start;
    return content;
}

void fact_print(struct buf *buf, const struct fact *fact)
{
    print_event(buf, fact, true);
}

struct fact_content fact_print_content(struct buf *buf, const struct fact *fact)
{
    return print_event(buf, fact, false);
}
