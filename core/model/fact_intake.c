/* Taking members out of an event's data. */
#include "model/fact_intake.h"
#include "base/arena.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spot spot_of(const char *key)
{
    return (struct spot){.key = key, .number = -1};
}

struct spot spot_in(const char *key, const char *inner)
{
    return (struct spot){.key = key, .inner = inner, .number = -1};
}

struct spot spot_at(const char *key, size_t number)
{
    return (struct spot){.key = key, .number = (int)number};
}

static char *spot_pointer(struct spot spot)
{
    if (spot.inner)
        return xasprintf("/data/%s/%s", spot.key, spot.inner);
    if (spot.number >= 0)
        return xasprintf("/data/%s/%d", spot.key, spot.number);
    return xasprintf("/data/%s", spot.key);
}

void intake_refuse(struct intake *intake, struct spot spot, const char *hint, const char *format,
                   ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&message, format, args);
    va_end(args);
    char *pointer = spot_pointer(spot);
    witness_add(intake->witness, SEV_ERROR, "N032", pointer, hint, "%s", size < 0 ? "" : message);
    free(pointer);
    free(message);
}

/* The member, or NULL when it is absent or null; a needed one is missed aloud. */
const json_t *intake_member(struct intake *intake, const char *key, bool needed)
{
    const json_t *value = json_object_get(intake->event->data, key);
    if (value && !json_is_null(value))
        return value;
    if (needed)
        witness_add(intake->witness, SEV_ERROR, "N031", "/data", NULL,
                    tr("`%s` needs `%s`", "`%s` 缺少 `%s`"), fact_kind_name(intake->fact->kind),
                    key);
    return NULL;
}

const char *intake_text(struct intake *intake, const char *key, bool needed)
{
    const json_t *value = intake_member(intake, key, needed);
    if (!value)
        return NULL;
    const char *text = json_string_value(value);
    if (!text || !*text) {
        intake_refuse(intake, spot_of(key), NULL,
                      tr("must be text that is not empty", "应为非空文字"));
        return NULL;
    }
    return arena_strdup(intake->arena, text);
}

/* One of a few words: its position, or -1. */
int intake_word(struct intake *intake, const char *key, const char *const *words, size_t count)
{
    const json_t *value = intake_member(intake, key, true);
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < count; i++) {
        if (strcmp(words[i], text) == 0)
            return (int)i;
    }
    if (!value)
        return -1;
    const char *near = text ? str_nearest(text, words, count) : NULL;
    char *all = str_join(words, count, ", ");
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near)
                      : xasprintf(tr("known here: %s", "此处可用：%s"), all);
    intake_refuse(intake, spot_of(key), hint, tr("is not known: %s", "无法识别：%s"),
                  text ? text : tr("not text", "不是文字"));
    free(hint);
    free(all);
    return -1;
}

instant_ms intake_instant(struct intake *intake, const char *key, bool needed, instant_ms otherwise)
{
    const json_t *value = intake_member(intake, key, needed);
    if (!value)
        return otherwise;
    instant_ms instant = otherwise;
    const char *text = json_string_value(value);
    if (!text || instant_parse(text, intake->zone, &instant) < 0)
        intake_refuse(intake, spot_of(key),
                      tr("e.g. 2015-11-08, 2015-11-08T14:00 or 2015-11-08T14:00:00+08:00",
                         "例如 2015-11-08、2015-11-08T14:00 或 2015-11-08T14:00:00+08:00"),
                      tr("must be a time that exists", "应为存在的时间"));
    return instant;
}

/* A span above zero, e.g. PT1H. */
span_ms intake_span(struct intake *intake, const char *key, bool needed, span_ms otherwise)
{
    const json_t *value = intake_member(intake, key, needed);
    if (!value)
        return otherwise;
    span_ms span = 0;
    const char *text = json_string_value(value);
    if (text && span_parse(text, &span) == 0 && span > 0)
        return span;
    intake_refuse(intake, spot_of(key), tr("e.g. PT1H, PT10M or P1D", "例如 PT1H、PT10M 或 P1D"),
                  tr("must be a span of time above zero", "应为大于零的时长"));
    return otherwise;
}

/* A figure, or MICRO_NONE for null; false when it is neither. */
bool intake_number(struct intake *intake, const json_t *value, struct spot spot, micro *ret)
{
    int err = ERR_INVALID;
    if (json_is_null(value)) {
        *ret = MICRO_NONE;
        return true;
    }
    if (json_is_integer(value)) {
        json_int_t whole = json_integer_value(value);
        err = whole > MICRO_MAX / MICRO || whole < -MICRO_MAX / MICRO ? ERR_LIMIT : 0;
        if (err == 0)
            *ret = (micro)whole * MICRO;
    } else if (json_is_real(value)) {
        err = micro_of_double(json_real_value(value), ret);
    }
    if (err == 0)
        return true;
    if (err == ERR_LIMIT)
        intake_refuse(intake, spot, NULL, tr("is beyond ±1,000,000,000", "超出 ±1,000,000,000"));
    else
        intake_refuse(intake, spot, tr("write the number without quotes", "数字不加引号"),
                      tr("must be a number or null", "应为数字或 null"));
    return false;
}

micro intake_figure(struct intake *intake, const char *key, micro low, micro high)
{
    micro figure = MICRO_NONE;
    const json_t *value = intake_member(intake, key, false);
    if (!value || !intake_number(intake, value, spot_of(key), &figure))
        return MICRO_NONE;
    if (figure < low || figure > high)
        intake_refuse(intake, spot_of(key), NULL,
                      tr("must lie between %d and %d", "应在 %d 至 %d 之间"), (int)(low / MICRO),
                      (int)(high / MICRO));
    return figure;
}
