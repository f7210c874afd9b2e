/* Facts out of CloudEvents.
 *
 * Invariant: a fact leaves here only when every field was checked; a member that no field reads is
 * warned of, so that a misspelt `perod` does not silently mean one hour. */
#include "base/arena.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/fact_intake.h"
#include <stdlib.h>
#include <string.h>

static bool is_key(const struct fact_form *form, const char *key)
{
    for (size_t i = 0; form->keys[i]; i++) {
        if (strcmp(form->keys[i], key) == 0)
            return true;
    }
    return false;
}

/* The member that was probably meant: a near one that was not given, or NULL. */
static const char *meant_by(const char *key, const struct fact_form *form, const json_t *data)
{
    const char *absent[FORM_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; form->keys[i]; i++) {
        if (!json_object_get(data, form->keys[i]))
            absent[count++] = form->keys[i];
    }
    return str_nearest(key, absent, count);
}

/* Members nobody reads.  Where more are allowed, only those that look like a slip. */
static void warn_of_strangers(struct intake *intake)
{
    const struct fact_form *form = fact_form(intake->fact->kind);
    json_t *walk = (json_t *)(uintptr_t)intake->event->data;
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *key = json_object_iter_key(at);
        const char *near = is_key(form, key) ? NULL : meant_by(key, form, walk);
        if (is_key(form, key) || (!near && form->open))
            continue;
        char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near) : NULL;
        char *pointer = xasprintf("/data/%s", key);
        witness_add(intake->witness, SEV_WARNING, "N033", pointer, hint,
                    tr("no `%s` has such a member; it is not read", "`%s` 没有这一项，已忽略"),
                    fact_kind_name(intake->fact->kind));
        free(pointer);
        free(hint);
    }
}

static int kind_of(const struct cloudevent *event, const struct witness *witness)
{
    int kind = fact_kind_of(event->type);
    if (kind >= 0)
        return kind;
    const char *names[FACT_FAILURE];
    for (int i = FACT_READING; i <= FACT_FAILURE; i++)
        names[i - 1] = fact_kind_name((enum fact_kind)i);
    const char *near = str_nearest(event->type, names, FACT_FAILURE);
    char *all = str_join(names, FACT_FAILURE, ", ");
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near)
                      : xasprintf(tr("known here: %s", "此处可用：%s"), all);
    witness_add(witness, SEV_ERROR, "N030", "/type", hint, tr("is not known: %s", "无法识别：%s"),
                event->type);
    free(hint);
    free(all);
    return kind;
}

/* The scheduled self-check was recorded without a subject once, and what is recorded is read. */
static bool is_old_test(const struct cloudevent *event, enum fact_kind kind)
{
    const char *act = json_string_value(json_object_get(event->data, "act"));
    return kind == FACT_DECISION && str_equal(event->source, "self_check") &&
           str_equal(act, "test");
}

/* What our kinds ask of the envelope beyond the specification. */
static void check_envelope(const struct intake *intake)
{
    const struct cloudevent *event = intake->event;
    enum fact_kind kind = intake->fact->kind;
    const struct fact_form *form = fact_form(kind);
    if (form->subject && !event->subject && !is_old_test(event, kind))
        witness_add(intake->witness, SEV_ERROR, "N031", "", NULL,
                    tr("`%s` needs a `subject`", "`%s` 缺少 subject"), fact_kind_name(kind));
    if (kind != FACT_FORECAST && event->time == INSTANT_NONE)
        witness_add(intake->witness, SEV_ERROR, "N031", "", NULL,
                    tr("`%s` needs a `time`", "`%s` 缺少 time"), fact_kind_name(kind));
    if (event->datacontenttype && !media_type_is_json(event->datacontenttype))
        witness_add(intake->witness, SEV_ERROR, "N026", "/datacontenttype", NULL,
                    tr("only JSON data is read", "只接受 JSON 数据"));
    if (event->binary)
        witness_add(intake->witness, SEV_ERROR, "N027", "/data_base64",
                    tr("send it as JSON in `data`", "请以 JSON 写入 data"),
                    tr("`%s` is not read from base64", "`%s` 不接受 base64 数据"),
                    fact_kind_name(kind));
    if (form->read && !event->binary && !json_is_object(event->data))
        witness_add(intake->witness, SEV_ERROR, "N031", event->data ? "/data" : "", NULL,
                    tr("`%s` needs `data`, an object", "`%s` 的 data 应为对象"),
                    fact_kind_name(kind));
}

/* recordedtime and conflict: extensions that a journal adds. */
static void read_record(struct intake *intake, const json_t *event)
{
    struct fact *fact = intake->fact;
    fact->conflict = json_is_true(json_object_get(event, "conflict"));
    fact->arrival = fact_default_arrival(fact);
    const json_t *recorded = json_object_get(event, "recordedtime");
    const char *text = json_string_value(recorded);
    if (!recorded || json_is_null(recorded))
        return;
    if (!text || instant_parse_rfc3339(text, &fact->arrival) < 0)
        witness_add(
            intake->witness, SEV_ERROR, "N025", "/recordedtime",
            tr("e.g. 2015-11-08T14:00:00+08:00", "例如 2015-11-08T14:00:00+08:00"),
            tr("must be an existing RFC 3339 time with its offset", "应为带时区的 RFC 3339 时间"));
}

static int fact_read(struct fact *ret_fact, struct arena *arena, const json_t *json, span_ms zone,
                     const struct witness *witness)
{
    struct cloudevent event;
    size_t errors = witness->findings->errors;
    int err = cloudevent_read(&event, json, witness);
    if (err < 0)
        return err;
    int kind = kind_of(&event, witness);
    if (kind < 0)
        return ERR_INVALID;
    struct fact fact = {.kind = (enum fact_kind)kind, .time = event.time};
    struct intake intake = {arena, &event, zone, witness, &fact};
    check_envelope(&intake);
    if (fact_form(fact.kind)->read && json_is_object(event.data)) {
        fact_form(fact.kind)->read(&intake);
        warn_of_strangers(&intake);
    }
    read_record(&intake, json);
    if (witness->findings->errors != errors)
        return ERR_INVALID;
    fact.source = arena_strdup(arena, event.source);
    fact.id = arena_strdup(arena, event.id);
    fact.subject = event.subject ? arena_strdup(arena, event.subject) : NULL;
    *ret_fact = fact;
    return 0;
}

int fact_of_json(struct fact *ret_fact, struct arena *arena, const json_t *event, span_ms zone,
                 struct place place, struct findings *findings)
{
    struct witness witness = {.findings = findings, .place = place};
    return fact_read(ret_fact, arena, event, zone, &witness);
}

int fact_of_text(struct fact *ret_fact, struct arena *arena, const char *text, size_t size,
                 span_ms zone, struct place place, struct findings *findings)
{
    size_t before = findings->count;
    json_t *event = json_read(text, size, place.file, place.line, findings);
    if (!event) {
        /* The parser counts columns from where the event begins. */
        struct finding *finding = findings->count > before ? &findings->items[before] : NULL;
        if (finding && finding->line == place.line && place.col > 1)
            finding->col += place.col - 1;
        return ERR_SYNTAX;
    }
    struct witness witness = {.findings = findings, .place = place, .text = text, .size = size};
    int err = fact_read(ret_fact, arena, event, zone, &witness);
    json_decref(event);
    return err;
}
