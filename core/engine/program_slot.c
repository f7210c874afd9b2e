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
#include "model/bundle.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 4096, UNKNOWN_KEYS_SHOWN = 20 };

/* ---- complaints ---- */

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

static bool stands_in_policy(const struct bundle *bundle, const char *word)
{
    for (size_t i = 0; i < bundle->text_count; i++) {
        const struct bundle_text *text = &bundle->texts[i];
        if (str_ends(text->name, ".yaml") && memmem(text->data, text->size, word, strlen(word)))
            return true;
    }
    return false;
}

void complain_unknown(struct compiler *c, const char *code, const struct written *at,
                      const char *what, const char *word, const char *const *known, size_t count)
{
    if (c->unsound && stands_in_policy(c->program->bundle, word))
        return;
    const char *nearest = str_nearest(word, known, count);
    char *all = str_join(known, count < 40 ? count : 40, ", ");
    char *hint = nearest     ? xasprintf(tr("did you mean '%s'?", "是否想写 '%s'？"), nearest)
                 : count > 0 ? xasprintf(tr("known: %s", "已有: %s"), all)
                             : xasprintf("%s", tr("the policy has none", "政策中一个也没有"));
    complain(c, code, at, hint, tr("unknown %s '%.80s'", "未知的%s: '%.80s'"), what, word);
    free(all);
    free(hint);
}

/* "lasting" or "item 2": how a complaint calls the value. */
const char *slot_called(const struct written *value)
{
    static _Thread_local char name[48];
    if (value->key)
        return value->key;
    snprintf(name, sizeof name, tr("item %d", "第 %d 项"), value->index);
    return name;
}

bool slot_wrong_kind(struct compiler *c, const struct written *value, const char *wanted,
                     const char *hint)
{
    if (value->kind != WRITTEN_BROKEN)
        complain(c, R_TYPE, value, hint, tr("%s needs %s, not %s", "%s 需要%s, 不是%s"),
                 slot_called(value), wanted, written_kind_name(value));
    return false;
}

/* ---- keys ---- */

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
            char *kind = xasprintf(tr("word in %s", "%s的键"), what);
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

/* ---- figures of the policy ---- */

/* The scalar behind a plain figure; complains of maps, lists and dated ones.  NULL also without a
 * bundle. */
const struct yaml *slot_plain_scalar(struct compiler *c, const struct written *value)
{
    if (!value->node)
        return NULL;
    if (figure_is_dated(value->node)) {
        complain(c, R_TYPE, value, NULL,
                 tr("%s cannot be dated (p.%s has several values by date)",
                    "%s 不能按日期变化 (p.%s 有多个日期的值)"),
                 slot_called(value), value->text);
        return NULL;
    }
    if (value->node->kind == YAML_SCALAR)
        return value->node;
    complain(c, R_TYPE, value, NULL, tr("%s: p.%s is no single value", "%s: p.%s 不是单个值"),
             slot_called(value), value->text);
    return NULL;
}

static bool figure_text(struct compiler *c, const struct written *value, const char **ret)
{
    const struct yaml *scalar = slot_plain_scalar(c, value);
    if (!value->node) {
        *ret = "";
        return false;
    }
    if (scalar)
        *ret = scalar->text;
    return scalar != NULL;
}

/* ---- text ---- */

bool slot_text(struct compiler *c, const struct written *value, const char **ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind == WRITTEN_FIGURE)
        return figure_text(c, value, ret);
    if (value->kind != WRITTEN_TEXT)
        return slot_wrong_kind(c, value, tr("a text in quotes", "带引号的文本"), NULL);
    if (value->size > TEXT_BYTES_MAX || strlen(value->text) != value->size) {
        complain(c, R_SIZE, value, NULL,
                 tr("%s is longer than %d bytes or holds a NUL", "%s 超过 %d 字节或含有空字符"),
                 slot_called(value), TEXT_BYTES_MAX);
        return false;
    }
    if (value->size == 0) {
        complain(c, R_EMPTY, value, NULL, tr("%s is empty", "%s 为空"), slot_called(value));
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
            return slot_wrong_kind(c, value, tr("a list of texts", "文本列表"), NULL);
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
        complain(c, R_EMPTY, value, NULL, tr("%s is an empty list", "%s 是空列表"),
                 slot_called(value));
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
    complain_unknown(c, R_CHOICE, value, slot_called(value), text, words, (size_t)count);
    return false;
}

/* ---- where functions ---- */

bool slot_where(struct compiler *c, const struct written *value, int *ret)
{
    if (!value || value->kind == WRITTEN_BROKEN)
        return false;
    if (value->kind != WRITTEN_FUNCTION)
        return slot_wrong_kind(c, value, tr("a function(view) … end", " function(view) … end"),
                               NULL);
    lua_State *L = sandbox_state(c->program->box);
    program_push_functions(L);
    lua_rawgeti(L, -1, value->function);
    bool pure = closure_purify(c->program->box, -1);
    struct quick_reader reader = {.arena = c->arena};
    if (pure && closure_is_short(L, -1, quick_read, &reader))
        program_note_short(c->program, value->function, reader.quick);
    lua_pop(L, 2);
    if (pure)
        findings_add(c->findings, SEV_REVIEW, L_REVIEW, value->at,
                     tr("a person must read it: no table of the rule shows what it decides",
                        "请人工审阅: 规则表看不出它的判断"),
                     tr("a where function needs review", "where 函数需要审阅"));
    *ret = value->function;
    return pure;
}
