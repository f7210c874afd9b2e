/* Orders as JSON. */
#include "shell/letter.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/engine.h"
#include "model/policy.h"

static void text_field(struct json_writer *writer, const char *key, const char *text)
{
    jw_key(writer, key);
    jw_text(writer, text);
}

static void instant_field(struct json_writer *writer, const char *key, instant_ms instant,
                          span_ms zone)
{
    jw_key(writer, key);
    if (instant == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

void letter_print(struct buf *buf, const struct decision *decision, const struct policy *policy,
                  const char *policy_hash)
{
    int recipient = decision->to ? registry_find(&policy->registry, decision->to) : -1;
    struct json_writer writer = {.buf = buf};
    jw_begin(&writer, '{');
    text_field(&writer, "order", decision->order);
    text_field(&writer, "kind", decision_kind_name(decision->kind));
    instant_field(&writer, "at", decision->at, policy->zone);
    text_field(&writer, "rule", decision->rule);
    text_field(&writer, "title", decision->source ? decision->source->title : NULL);
    text_field(&writer, "episode", decision->episode);
    text_field(&writer, "level", decision->level);
    instant_field(&writer, "begin", decision->begin, policy->zone);
    text_field(&writer, "to", decision->to);
    text_field(&writer, "name",
               recipient >= 0 ? policy->registry.recipients[recipient].name : NULL);
    jw_key(&writer, "measures");
    jw_raw(&writer, decision->measures ? decision->measures : "[]");
    text_field(&writer, "text", decision->text);
    text_field(&writer, "policy", policy_hash);
    jw_end(&writer, '}');
    buf_putc(buf, '\n');
}
