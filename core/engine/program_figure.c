/* Slots that hold numbers, spans and distances: written in place, out of the policy's figures
 * (dated or not), or the subject's own limit.  A dated figure is right only when each of its values
 * is. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/codes.h"
#include "engine/program.h"
#include <stdlib.h>
#include <string.h>

static bool told_there(const struct compiler *c, const struct yaml *scalar, const char *code)
{
    for (size_t i = 0; i < c->findings->count; i++) {
        const struct finding *finding = &c->findings->items[i];
        if (finding->line == scalar->line && finding->col == scalar->col &&
            str_equal(finding->code, code) && str_equal(finding->file, scalar->file))
            return true;
    }
    return false;
}

/* A figure that is wrong for its use is told where it is written, and once, however many rules use
 * it. */
static void complain_figure(struct compiler *c, const struct written *value,
                            const struct yaml *scalar, bool span)
{
    const char *code = span ? R_UNIT : R_TYPE;
    const char *text = scalar->kind == YAML_SCALAR ? scalar->text : "";
    if (told_there(c, scalar, code))
        return;
    findings_add(
        c->findings, SEV_ERROR, code, yaml_place(scalar),
        span ? tr("write it with a unit, such as 48h", "请写上单位, 如 48h")
             : tr("write the number alone, without unit or quotes", "只写数字, 不带单位和引号"),
        span ? tr("p.%s is \"%.40s\", but %s needs a span (%s:%d)",
                  "p.%s 是 \"%.40s\", 而 %s 需要时长 (%s:%d)")
             : tr("p.%s is \"%.40s\", but %s needs a number (%s:%d)",
                  "p.%s 是 \"%.40s\", 而 %s 需要数字 (%s:%d)"),
        value->text, text, slot_called(value), value->at.file, value->at.line);
}

/* One scalar of the policy as a number or span. */
static bool scalar_value(struct compiler *c, const struct written *value, const struct yaml *scalar,
                         bool span, micro *ret)
{
    bool right = scalar->kind == YAML_SCALAR &&
                 (span ? span_parse(scalar->text, ret) == 0
                       : !scalar->quoted && micro_parse(scalar->text, ret) == 0);
    if (!right)
        complain_figure(c, value, scalar, span);
    return right;
}

/* Every dated value must be right, not only today's. */
static bool dated_values(struct compiler *c, const struct written *value, bool span)
{
    bool right = true;
    for (size_t i = 0; i < value->node->count; i++) {
        micro number;
        const struct yaml *one = yaml_get(value->node->items[i], "value");
        right = one && scalar_value(c, value, one, span, &number) && right;
    }
    return right;
}

static bool figure_figure(struct compiler *c, const struct written *value, bool span,
                          struct figure *ret)
{
    const struct yaml *node = value->node;
    *ret = (struct figure){.kind = FIGURE_CONST,
                           .path = arena_strdup(c->arena, value->text),
                           .file = value->at.file,
                           .line = value->at.line};
    if (!node) { /* no bundle: any figure does, and none is known */
        ret->kind = FIGURE_DATED;
        return true;
    }
    ret->file = node->file;
    ret->line = node->line;
    if (figure_is_dated(node)) {
        ret->kind = FIGURE_DATED;
        ret->node = node;
        return dated_values(c, value, span);
    }
    const struct yaml *scalar = slot_plain_scalar(c, value);
    return scalar && scalar_value(c, value, scalar, span, &ret->value);
}

static bool limit_figure(struct compiler *c, const struct written *value, bool allowed,
                         struct figure *ret)
{
    const struct written *name = written_item(value, 1);
    if (!allowed) {
        complain(c, R_TYPE, value, NULL,
                 tr("limit needs a rule about outlets or lines",
                    "limit 只能用于 outlets 或 lines 的规则"));
        return false;
    }
    SLOT_KNOWN(c, value, "limit", 1, "");
    *ret = (struct figure){.kind = FIGURE_LIMIT, .file = value->at.file, .line = value->at.line};
    if (!name)
        complain(c, R_MISSING, value, NULL,
                 tr("limit needs a name: limit \"nox\"", "limit 后要写名字"));
    if (!slot_text(c, name, &ret->path))
        return false;
    name_limit(c, name, ret->path);
    return true;
}

/* What is wrong with a text where a number should be. */
static bool complain_text_number(struct compiler *c, const struct written *value)
{
    if (str_has_fullwidth(value->text))
        complain(c, R_WIDE, value, tr("type it with the input method off", "请用半角输入"),
                 tr("%s has full-width characters: \"%.40s\"", "%s 含全角字符: \"%.40s\""),
                 slot_called(value), value->text);
    else
        complain(c, R_TYPE, value, tr("write it without quotes", "数字不加引号"),
                 tr("%s needs a number, not \"%.40s\"", "%s 需要数字, 不是 \"%.40s\""),
                 slot_called(value), value->text);
    return false;
}

bool slot_number(struct compiler *c, const struct written *value, bool limit_allowed,
                 struct figure *ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE)
        return figure_figure(c, value, false, ret);
    if (written_is(value, "limit"))
        return limit_figure(c, value, limit_allowed, ret);
    if (value->kind == WRITTEN_TEXT)
        return complain_text_number(c, value);
    if (value->kind != WRITTEN_NUMBER)
        return slot_wrong_kind(c, value, tr("a number", "数字"), NULL);
    if (value->number == MICRO_NONE) {
        complain(c, R_RANGE, value, NULL,
                 tr("%s is no finite number within ±1,000,000,000", "%s 不是 ±10 亿以内的有限数"),
                 slot_called(value));
        return false;
    }
    *ret = (struct figure){.kind = FIGURE_CONST,
                           .value = value->number,
                           .file = value->at.file,
                           .line = value->at.line};
    return true;
}

bool slot_int(struct compiler *c, const struct written *value, int low, int high, int *ret)
{
    struct figure figure;
    if (!slot_number(c, value, false, &figure))
        return false;
    if (figure.kind != FIGURE_CONST || figure.value % MICRO != 0 ||
        figure.value < (micro)low * MICRO || figure.value > (micro)high * MICRO) {
        complain(c, R_RANGE, value, NULL,
                 tr("%s must be a whole number from %d to %d", "%s 应为 %d 到 %d 的整数"),
                 slot_called(value), low, high);
        return false;
    }
    *ret = (int)(figure.value / MICRO);
    return true;
}

/* A span in words; complains of what people get wrong. */
static bool parse_span(struct compiler *c, const struct written *value, span_ms *ret)
{
    const char *text = value->text;
    bool right = strlen(text) == value->size && span_parse(text, ret) == 0;
    if (str_has_fullwidth(text))
        complain(c, R_WIDE, value, tr("type it with the input method off", "请用半角输入"),
                 tr("%s has full-width characters: \"%.40s\"", "%s 含全角字符: \"%.40s\""),
                 slot_called(value), text);
    else if (!right)
        complain(c, text[0] == '-' ? R_RANGE : R_UNIT, value,
                 tr("units: s m h d w, as in \"90m\" or \"3h30m\"",
                    "单位: s m h d w, 如 \"90m\"、\"3h30m\""),
                 tr("%s needs a span such as \"48h\", not \"%.40s\"",
                    "%s 需要 \"48h\" 这样的时长, 不是 \"%.40s\""),
                 slot_called(value), text);
    else if (*ret <= 0)
        complain(c, R_RANGE, value, NULL, tr("%s must be longer than 0", "%s 必须大于 0"),
                 slot_called(value));
    return right && *ret > 0 && !str_has_fullwidth(text);
}

bool slot_span(struct compiler *c, const struct written *value, struct figure *ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE)
        return figure_figure(c, value, true, ret);
    if (value->kind == WRITTEN_NUMBER) {
        complain(c, R_UNIT, value, tr("write a text with a unit", "写成带单位的文本"),
                 tr("%s needs a unit, such as \"48h\"", "%s 需要单位, 如 \"48h\""),
                 slot_called(value));
        return false;
    }
    if (value->kind != WRITTEN_TEXT)
        return slot_wrong_kind(c, value, tr("a span such as \"48h\"", " \"48h\" 这样的时长"), NULL);
    *ret = (struct figure){.kind = FIGURE_CONST, .file = value->at.file, .line = value->at.line};
    return parse_span(c, value, &ret->value);
}

bool slot_plain_span(struct compiler *c, const struct written *value, span_ms *ret)
{
    struct figure figure;
    if (value && value->kind == WRITTEN_FIGURE && value->node && !slot_plain_scalar(c, value))
        return false;
    if (!slot_span(c, value, &figure))
        return false;
    *ret = figure.value;
    return true;
}

bool slot_metres(struct compiler *c, const struct written *value, micro *ret)
{
    const char *text;
    if (value && value->kind == WRITTEN_NUMBER) {
        complain(c, R_UNIT, value, NULL,
                 tr("%s needs a unit, such as \"500m\"", "%s 需要单位, 如 \"500m\""),
                 slot_called(value));
        return false;
    }
    if (!slot_text(c, value, &text))
        return false;
    size_t digits = strspn(text, "0123456789.");
    bool km = strcmp(text + digits, "km") == 0, m = strcmp(text + digits, "m") == 0;
    char *number = xstrndup(text, digits);
    bool right = digits > 0 && (km || m) && micro_parse(number, ret) == 0 && *ret > 0 &&
                 *ret <= MICRO_MAX / 1000;
    free(number);
    if (right && km)
        *ret *= 1000;
    if (!right)
        complain(c, str_has_fullwidth(text) ? R_WIDE : R_UNIT, value, NULL,
                 tr("%s needs a distance such as \"500m\" or \"2km\", not \"%.40s\"",
                    "%s 需要 \"500m\"、\"2km\" 这样的距离, 不是 \"%.40s\""),
                 slot_called(value), text);
    return right;
}

micro figure_newest(const struct figure *figure, bool span)
{
    micro value = MICRO_NONE;
    if (figure->kind == FIGURE_CONST)
        return figure->value;
    if (figure->kind != FIGURE_DATED || !figure->node || figure->node->count == 0)
        return MICRO_NONE;
    const struct yaml *newest = yaml_get(figure->node->items[figure->node->count - 1], "value");
    if (!newest || newest->kind != YAML_SCALAR)
        return MICRO_NONE;
    int err = span ? span_parse(newest->text, &value) : micro_parse(newest->text, &value);
    return err < 0 ? MICRO_NONE : value;
}
