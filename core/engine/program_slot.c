/* Slots: one value of a rule, checked for kind and unit.
 *
 * Every slot takes a value written in place or a figure of the policy (p.…).  A value that is
 * broken has been complained of where it was made, so a slot passes it over in silence. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/closure.h"
#include "engine/codes.h"
#include "engine/program.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 4096, UNKNOWN_KEYS_SHOWN = 20 };

/* ---- complaints
 * ------------------------------------------------------------------------------------------- */

static void add(struct compiler *c, enum severity severity, const char *code, struct place at,
                const char *hint, const char *format, va_list args)
{
    char message[500];
    vsnprintf(message, sizeof message, format, args);
    findings_add(c->findings, severity, code, at, hint, "%s", message);
}

void complain(struct compiler *c, const char *code, const struct written *at, const char *hint,
              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(c, SEV_ERROR, code, at->at, hint, format, args);
    va_end(args);
}

void warn(struct compiler *c, const char *code, struct place at, const char *hint,
          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(c, SEV_WARNING, code, at, hint, format, args);
    va_end(args);
}

void complain_unknown(struct compiler *c, const char *code, const struct written *at,
                      const char *what, const char *word, const char *const *known, size_t count)
{
    const char *nearest = str_nearest(word, known, count);
    char *all = str_join(known, count < 40 ? count : 40, ", ");
    char *hint = nearest     ? xasprintf(tr("did you mean '%s'?", "是否想写 '%s'？"), nearest)
                 : count > 0 ? xasprintf(tr("known: %s", "已有: %s"), all)
                             : xasprintf("%s", tr("the policy has none", "政策中一个也没有"));
    complain(c, code, at, hint, tr("unknown %s '%.80s'", "未知的%s '%.80s'"), what, word);
    free(all);
    free(hint);
}

/* "lasting" or "item 2": how a complaint calls the value. */
static const char *called(const struct written *value)
{
    static _Thread_local char name[48];
    if (value->key)
        return value->key;
    snprintf(name, sizeof name, tr("item %d", "第 %d 项"), value->index);
    return name;
}

static bool wrong_kind(struct compiler *c, const struct written *value, const char *wanted,
                       const char *hint)
{
    if (value->kind != WRITTEN_BROKEN)
        complain(c, R_TYPE, value, hint, tr("%s needs %s, not %s", "%s 需要%s, 不是%s"),
                 called(value), wanted, written_kind_name(value));
    return false;
}

/* ---- keys
 * ---------------------------------------------------------------------------------------------------
 */

static bool is_known(const char *key, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, known[i]) == 0)
            return true;
    }
    return false;
}

void slot_known(struct compiler *c, const struct written *table, const char *what, int items_max,
                const char *const *known, size_t count)
{
    int unknown = 0;
    for (int i = 0; i < table->count; i++) {
        const struct written *entry = &table->items[i];
        if (entry->kind == WRITTEN_BROKEN || unknown >= UNKNOWN_KEYS_SHOWN)
            continue;
        if (entry->key && !is_known(entry->key, known, count)) {
            char *kind = xasprintf(tr("word in %s", "%s 中的词"), what);
            complain_unknown(c, R_KEY, entry, kind, entry->key, known, count);
            free(kind);
            unknown++;
        } else if (!entry->key && entry->index > items_max) {
            complain(
                c, R_KEY, entry, items_max == 0 ? tr("write name = value", "写作 名 = 值") : NULL,
                tr("item %d does not belong in %s", "%2$s 中不应有第 %1$d 项"), entry->index, what);
            unknown++;
        }
    }
}

const struct written *slot_needed(struct compiler *c, const struct written *table, const char *key)
{
    const struct written *value = written_get(table, key);
    if (!value)
        complain(c, R_MISSING, table, NULL, tr("'%s' is missing", "缺少 '%s'"), key);
    return value;
}

/* ---- figures of the policy
 * ------------------------------------------------------------------------------------ */

/* The scalar behind a plain figure; complains of maps, lists and dated ones.  NULL also without a
 * bundle. */
static const struct yaml *plain_scalar(struct compiler *c, const struct written *value)
{
    if (!value->node)
        return NULL;
    if (figure_is_dated(value->node)) {
        complain(c, R_TYPE, value, NULL,
                 tr("%s cannot be dated (p.%s has several values by date)",
                    "%s 不能按日期变化 (p.%s 有多个日期的值)"),
                 called(value), value->text);
        return NULL;
    }
    if (value->node->kind == YAML_SCALAR)
        return value->node;
    complain(c, R_TYPE, value, NULL, tr("%s: p.%s is no single value", "%s: p.%s 不是单个值"),
             called(value), value->text);
    return NULL;
}

static bool figure_text(struct compiler *c, const struct written *value, const char **ret)
{
    const struct yaml *scalar = plain_scalar(c, value);
    if (!value->node) {
        *ret = "";
        return false;
    }
    if (scalar)
        *ret = scalar->text;
    return scalar != NULL;
}

/* ---- text
 * -------------------------------------------------------------------------------------------------------
 */

bool slot_text(struct compiler *c, const struct written *value, const char **ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE)
        return figure_text(c, value, ret);
    if (value->kind != WRITTEN_TEXT)
        return wrong_kind(c, value, tr("a text in quotes", "带引号的文本"), NULL);
    if (value->size > TEXT_BYTES_MAX || strlen(value->text) != value->size) {
        complain(c, R_SIZE, value, NULL,
                 tr("%s is longer than %d bytes or holds a NUL", "%s 超过 %d 字节或含有空字符"),
                 called(value), TEXT_BYTES_MAX);
        return false;
    }
    if (value->size == 0) {
        complain(c, R_EMPTY, value, NULL, tr("%s is empty", "%s 为空"), called(value));
        return false;
    }
    *ret = arena_strdup(c->arena, value->text);
    return true;
}

/* Texts of a figure that is a list. */
static bool figure_texts(struct compiler *c, const struct written *value, const char *const **ret,
                         int *ret_count)
{
    const struct yaml *list = value->node;
    const char **texts = arena_alloc(c->arena, (list->count + 1) * sizeof *texts);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return wrong_kind(c, value, tr("a list of texts", "文本列表"), NULL);
        texts[i] = list->items[i]->text;
    }
    *ret = texts;
    *ret_count = (int)list->count;
    return true;
}

static bool list_texts(struct compiler *c, const struct written *value, const char *const **ret,
                       int *ret_count)
{
    const char **texts = arena_alloc(c->arena, ((size_t)value->count + 1) * sizeof *texts);
    int count = 0;
    bool right = true;
    if (value->count == 0)
        complain(c, R_EMPTY, value, NULL, tr("%s is an empty list", "%s 是空列表"), called(value));
    for (int i = 0; i < value->count; i++) {
        if (value->items[i].key) {
            complain(c, R_KEY, &value->items[i], NULL, tr("'%s' in a list", "列表中有 '%s'"),
                     value->items[i].key);
            right = false;
        } else if (slot_text(c, &value->items[i], &texts[count])) {
            count++;
        } else {
            right = right && value->items[i].kind == WRITTEN_BROKEN;
        }
    }
    *ret = texts;
    *ret_count = count;
    return right && count > 0;
}

bool slot_texts(struct compiler *c, const struct written *value, const char *const **ret,
                int *ret_count)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE && value->node && value->node->kind == YAML_LIST &&
        !figure_is_dated(value->node))
        return figure_texts(c, value, ret, ret_count);
    if (value->kind == WRITTEN_TABLE && !value->word)
        return list_texts(c, value, ret, ret_count);
    const char **one = arena_alloc(c->arena, sizeof *one);
    if (!slot_text(c, value, one))
        return false;
    *ret = one;
    *ret_count = 1;
    return true;
}

bool slot_bool(struct compiler *c, const struct written *value, bool *ret)
{
    const struct yaml *scalar = NULL;
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE && !(scalar = plain_scalar(c, value)))
        return false;
    if (scalar)
        return yaml_bool(scalar, ret, c->findings);
    if (value->kind != WRITTEN_BOOL)
        return wrong_kind(c, value, tr("true or false", " true 或 false"), NULL);
    *ret = value->truth;
    return true;
}

bool slot_choice(struct compiler *c, const struct written *value, const char *const *words,
                 int count, int *ret)
{
    const char *text;
    if (!slot_text(c, value, &text))
        return false;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return true;
        }
    }
    complain_unknown(c, R_CHOICE, value, called(value), text, words, (size_t)count);
    return false;
}

/* ---- numbers and spans
 * ------------------------------------------------------------------------------------------ */

/* One scalar of the policy as a number or span, told of at the place in the script. */
static bool scalar_value(struct compiler *c, const struct written *value, const struct yaml *scalar,
                         bool span, micro *ret)
{
    const char *text = scalar->kind == YAML_SCALAR ? scalar->text : "";
    bool right =
        scalar->kind == YAML_SCALAR &&
        (span ? span_parse(text, ret) == 0 : !scalar->quoted && micro_parse(text, ret) == 0);
    if (!right)
        complain(c, span ? R_UNIT : R_TYPE, value,
                 span ? tr("write it there with a unit, such as 48h", "请在该处写上单位, 如 48h")
                      : NULL,
                 span ? tr("%s needs a span; p.%s is \"%.40s\" (%s:%d)",
                           "%s 需要时长; p.%s 是 \"%.40s\" (%s:%d)")
                      : tr("%s needs a number; p.%s is \"%.40s\" (%s:%d)",
                           "%s 需要数字; p.%s 是 \"%.40s\" (%s:%d)"),
                 called(value), value->text, text, scalar->file, scalar->line);
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
    const struct yaml *scalar = plain_scalar(c, value);
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
                 called(value), value->text);
    else
        complain(c, R_TYPE, value, tr("write it without quotes", "数字不加引号"),
                 tr("%s needs a number, not \"%.40s\"", "%s 需要数字, 不是 \"%.40s\""),
                 called(value), value->text);
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
        return wrong_kind(c, value, tr("a number", "数字"), NULL);
    if (value->number == MICRO_NONE) {
        complain(c, R_RANGE, value, NULL,
                 tr("%s is no finite number within ±1,000,000,000", "%s 不是 ±10 亿以内的有限数"),
                 called(value));
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
                 called(value), low, high);
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
                 called(value), text);
    else if (!right)
        complain(c, text[0] == '-' ? R_RANGE : R_UNIT, value,
                 tr("units: s m h d w, as in \"90m\" or \"3h30m\"",
                    "单位: s m h d w, 如 \"90m\"、\"3h30m\""),
                 tr("%s needs a span such as \"48h\", not \"%.40s\"",
                    "%s 需要 \"48h\" 这样的时长, 不是 \"%.40s\""),
                 called(value), text);
    else if (*ret <= 0)
        complain(c, R_RANGE, value, NULL, tr("%s must be longer than 0", "%s 必须大于 0"),
                 called(value));
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
                 tr("%s needs a unit, such as \"48h\"", "%s 需要单位, 如 \"48h\""), called(value));
        return false;
    }
    if (value->kind != WRITTEN_TEXT)
        return wrong_kind(c, value, tr("a span such as \"48h\"", " \"48h\" 这样的时长"), NULL);
    *ret = (struct figure){.kind = FIGURE_CONST, .file = value->at.file, .line = value->at.line};
    return parse_span(c, value, &ret->value);
}

bool slot_plain_span(struct compiler *c, const struct written *value, span_ms *ret)
{
    struct figure figure;
    if (value && value->kind == WRITTEN_FIGURE && value->node && !plain_scalar(c, value))
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
                 called(value));
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
                 called(value), text);
    return right;
}

/* ---- where functions
 * ------------------------------------------------------------------------------------------------
 */

bool slot_where(struct compiler *c, const struct written *value, int *ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind != WRITTEN_FUNCTION)
        return wrong_kind(c, value, tr("a function(view) … end", " function(view) … end"), NULL);
    lua_State *L = sandbox_state(c->program->box);
    program_push_functions(L);
    lua_rawgeti(L, -1, value->function);
    bool pure = closure_purify(c->program->box, -1);
    lua_pop(L, 2);
    if (pure)
        findings_add(c->findings, SEV_REVIEW, L_REVIEW, value->at,
                     tr("a person must read it: no table of the rule shows what it decides",
                        "请人工审阅: 规则表看不出它的判断"),
                     tr("a where function needs review", "where 函数需要审阅"));
    *ret = value->function;
    return pure;
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
