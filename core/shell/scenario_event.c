/* The data of a scenario: directives, incidents, decisions and receipts.
 *
 * They are written with the names the facts have (design: facts travel as CloudEvents), so each
 * becomes an event and goes through the same reader as the real ones; only moments are resolved
 * here, and what can be known only when the inject begins: the proposal that waits, the order that
 * is answered. */
#include "shell/scenario_event.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

/* ---- YAML as JSON ---- */

static json_t *json_of_scalar(const struct yaml *node)
{
    micro value;
    const char *text = node->text;
    if (yaml_is_null(node))
        return json_null();
    if (node->quoted)
        return json_string(text);
    if (str_equal(text, "true") || str_equal(text, "false"))
        return json_boolean(text[0] == 't');
    bool zero = text[0] == '0' && text[1] >= '0' && text[1] <= '9';
    if (zero || micro_parse(text, &value) < 0)
        return json_string(text);
    if (value % MICRO == 0)
        return json_integer(value / MICRO);
    return json_real(strtod(text, NULL));
}

json_t *json_of_yaml(const struct yaml *node)
{
    if (node->kind == YAML_SCALAR)
        return json_of_scalar(node);
    json_t *value = node->kind == YAML_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        json_t *item = json_of_yaml(node->items[i]);
        if (node->kind == YAML_LIST)
            json_array_append_new(value, item);
        else
            json_object_set_new(value, node->keys[i]->text, item);
    }
    return value;
}

/* ---- events ---- */

enum { EVENT_KEYS_MAX = 10 };
struct event_kind {
    const char *key;
    enum fact_kind kind;
    bool open;                        /* further keys are attributes */
    const char *keys[EVENT_KEYS_MAX]; /* go into data */
    const char *moments[3];           /* those of them that are times */
    const char *subject;              /* key that names the subject; the city when it is absent */
};
static const struct event_kind event_kinds[] = {
    {"directive", FACT_DIRECTIVE, false, {"level", "from", "to", "number"}, {"from", "to"}, "area"},
    {"incident", FACT_INCIDENT, true, {"kind", "lon", "lat", "confidence", "text"}, {0}, "subject"},
    {"decision",
     FACT_DECISION,
     false,
     {"act", "by", "note", "plan", "level", "text", "until", "count"},
     {"until"},
     "of"},
    {"receipt", FACT_RECEIPT, false, {"kind", "channel", "by", "reason"}, {0}, "of"},
};
enum { EVENT_KINDS = sizeof event_kinds / sizeof *event_kinds };

static bool among(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count && words[i]; i++) {
        if (str_equal(words[i], word))
            return true;
    }
    return false;
}

static bool key_known(const struct event_kind *event, const char *key)
{
    bool receipt = event->kind == FACT_RECEIPT;
    return event->open || among(event->keys, EVENT_KEYS_MAX, key) ||
           str_equal(event->subject, key) ||
           (receipt && (str_equal(key, "to") || str_equal(key, "rule")));
}

static void unknown_key(struct data_context *context, const struct event_kind *event,
                        const struct yaml *key)
{
    const char *known[EVENT_KEYS_MAX + 3];
    size_t count = 0;
    for (; count < EVENT_KEYS_MAX && event->keys[count]; count++)
        known[count] = event->keys[count];
    known[count++] = event->subject;
    if (event->kind == FACT_RECEIPT) {
        known[count++] = "to";
        known[count++] = "rule";
    }
    const char *near = str_nearest(key->text, known, count);
    char *all = str_join(known, count, ", ");
    char *hint = arena_printf(context->arena,
                              near ? tr("did you mean “%s”?", "是否想写 “%s”？")
                                   : tr("known here: %s", "此处可用：%s"),
                              near ? near : all);
    findings_add(context->findings, SEV_ERROR, "C060", yaml_place(key), hint,
                 tr("a %s has no key “%s”", "%s 没有 “%s” 这个键"), event->key, key->text);
    free(all);
}

static json_t *json_of_moment(const struct data_context *context, instant_ms instant)
{
    struct buf buf = {0};
    instant_print(&buf, instant, context->policy->zone);
    json_t *text = json_string(buf_str(&buf));
    buf_release(&buf);
    return text;
}

/* The map's keys as the event's data. */
static json_t *event_data(struct data_context *context, const struct event_kind *event,
                          const struct yaml *node, bool *good)
{
    json_t *data = json_object();
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        instant_ms instant = context->moment;
        bool elsewhere = str_equal(key, event->subject) && event->kind != FACT_INCIDENT;
        if (!key_known(event, key))
            unknown_key(context, event, node->keys[i]);
        *good &= key_known(event, key);
        if (elsewhere || (event->kind == FACT_RECEIPT && !among(event->keys, EVENT_KEYS_MAX, key)))
            continue;
        if (among(event->moments, 3, key)) {
            *good &= data_moment(context, node->items[i], key, &instant);
            json_object_set_new(data, key, json_of_moment(context, instant));
        } else {
            json_object_set_new(data, key, json_of_yaml(node->items[i]));
        }
    }
    return data;
}

/* `plan: pending` is the proposal that waits at that moment. */
static void fill_plan(const struct data_context *context, json_t *data)
{
    const char *plan = json_string_value(json_object_get(data, "plan"));
    if (!str_equal(plan, "pending"))
        return;
    if (context->plan)
        json_object_set_new(data, "plan", json_string(context->plan));
    else
        json_object_del(data, "plan");
}

/* What the event is about: as written, else the city; a receipt answers an order. */
static const char *event_subject(struct data_context *context, const struct event_kind *event,
                                 const struct yaml *node, bool *good)
{
    const struct yaml *named = yaml_get(node, event->subject);
    const char *subject = named ? schema_text(named, event->subject, context->findings) : NULL;
    *good &= !named || subject;
    if (event->kind == FACT_DIRECTIVE && subject)
        *good &= data_area(context, named, subject);
    if (subject || event->kind != FACT_RECEIPT)
        return subject ? subject : context->policy->city;
    const char *to = yaml_text(node, "to"), *rule = yaml_text(node, "rule");
    if (!to && !rule) {
        findings_add(context->findings, SEV_ERROR, "C061", yaml_place(node), NULL,
                     tr("a receipt says “to” (whose order), “rule” or “of” (the order's id)",
                        "回执须写 to（谁的指令）、rule 或 of（指令编号）"));
        *good = false;
    }
    return context->order ? context->order(context->arg, to, rule) : "-";
}

static json_t *event_envelope(struct data_context *context, const struct event_kind *event,
                              const char *subject, json_t *data)
{
    struct fact identity = {0};
    data_identify(context, &identity);
    json_t *envelope = json_object();
    json_object_set_new(envelope, "specversion", json_string("1.0"));
    json_object_set_new(envelope, "id", json_string(identity.id));
    json_object_set_new(envelope, "source", json_string(identity.source));
    json_object_set_new(envelope, "type", json_string(fact_kind_name(event->kind)));
    json_object_set_new(envelope, "subject", json_string(subject));
    json_object_set_new(envelope, "time", json_of_moment(context, context->moment));
    json_object_set_new(envelope, "data", data);
    return envelope;
}

static bool read_event(struct data_context *context, const struct event_kind *event,
                       const struct yaml *node, struct fact_list *list)
{
    bool good = schema_is_map(node, event->key, context->findings);
    if (!good)
        return false;
    json_t *data = event_data(context, event, node, &good);
    fill_plan(context, data);
    const char *subject = event_subject(context, event, node, &good);
    if (!good || !subject) { /* no subject: there is no order yet that could be answered */
        json_decref(data);
        return good;
    }
    json_t *envelope = event_envelope(context, event, subject, data);
    struct fact fact;
    good = fact_of_json(&fact, context->arena, envelope, context->policy->zone, yaml_place(node),
                        context->findings) == 0;
    json_decref(envelope);
    if (good)
        *fact_list_add(list) = fact;
    return good;
}

bool data_is_key(const char *key)
{
    bool event = false;
    for (size_t i = 0; i < EVENT_KINDS; i++)
        event |= str_equal(event_kinds[i].key, key);
    return event || str_equal(key, "forecast") || str_equal(key, "readings");
}

bool data_inject(struct data_context *context, const struct yaml *inject, struct fact_list *list)
{
    bool good = true;
    const struct yaml *forecast = yaml_get(inject, "forecast");
    const struct yaml *readings = yaml_get(inject, "readings");
    if (forecast)
        good &= data_forecast(context, forecast, list);
    if (readings)
        good &= data_readings(context, readings, list);
    for (size_t i = 0; i < EVENT_KINDS; i++) {
        const struct yaml *node = yaml_get(inject, event_kinds[i].key);
        size_t count = node && node->kind == YAML_LIST ? node->count : node ? 1 : 0;
        for (size_t k = 0; k < count; k++)
            good &= read_event(context, &event_kinds[i],
                               node->kind == YAML_LIST ? node->items[k] : node, list);
    }
    return good;
}
