/* One value against one field of a schema.
 *
 * Each check either stores the value and is silent, or says what is wrong with it and how to write
 * it; the hint looks at what the author most likely did (quotes, units, full-width digits). */
#include "model/schema_value.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/decimal.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

enum { ID_BYTES_MAX = 64, REPEATS_LOOKED_FOR_MAX = 200 };

static const char *kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_SCALAR:
        return tr("a single value", "单个值");
    case YAML_LIST:
        return tr("a list", "列表");
    case YAML_MAP:
        break;
    }
    return tr("a map (key: value)", "键值表");
}

static bool is_kind(const struct yaml *node, enum yaml_kind kind, const char *what,
                    struct findings *findings)
{
    if (node->kind == kind)
        return true;
    if (yaml_is_null(node)) {
        findings_add(findings, SEV_ERROR, "S010", yaml_place(node),
                     tr("write a value, or remove the key", "填写内容，或删去该键"),
                     tr("“%s” has no value", "“%s”没有内容"), what);
        return false;
    }
    findings_add(findings, SEV_ERROR, "S003", yaml_place(node), NULL,
                 tr("“%s” must be %s, but here is %s", "“%s”应为%s，此处却是%s"), what,
                 kind_name(kind), kind_name(node->kind));
    return false;
}

bool schema_is_map(const struct yaml *node, const char *what, struct findings *findings)
{
    return is_kind(node, YAML_MAP, what, findings);
}

bool schema_is_list(const struct yaml *node, const char *what, struct findings *findings)
{
    return is_kind(node, YAML_LIST, what, findings);
}

const char *schema_text(const struct yaml *node, const char *what, struct findings *findings)
{
    if (!is_kind(node, YAML_SCALAR, what, findings))
        return NULL;
    if (yaml_is_null(node) || !node->text[0]) {
        findings_add(findings, SEV_ERROR, "S010", yaml_place(node),
                     tr("write a value, or remove the key", "填写内容，或删去该键"),
                     tr("“%s” has no value", "“%s”没有内容"), what);
        return NULL;
    }
    return node->text;
}

int schema_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0)
            return i;
    }
    return -1;
}

void schema_texts(struct arena *arena, const struct yaml *node, const char *const **ret_items,
                  int *ret_count)
{
    size_t count = node ? node->count : 0, kept = 0;
    const char **items = arena_alloc(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        if (node->items[i]->kind == YAML_SCALAR)
            items[kept++] = node->items[i]->text;
    }
    *ret_items = items;
    *ret_count = (int)kept;
}

char *schema_words_hint(const char *text, const char *const *words, size_t count)
{
    const char *near = str_nearest(text, words, count);
    if (near)
        return xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near);
    char *all = str_join(words, count, ", ");
    char *hint = xasprintf(tr("known here: %s", "此处可用：%s"), all);
    free(all);
    return hint;
}

static bool check_word(const struct yaml *node, const char *what, const char *const *words,
                       int *ret, struct findings *findings)
{
    const char *text = schema_text(node, what, findings);
    if (!text)
        return false;
    int word = schema_word(words, text);
    if (word >= 0) {
        *ret = word;
        return true;
    }
    size_t count = 0;
    while (words[count])
        count++;
    char *hint = schema_words_hint(text, words, count);
    findings_add(findings, SEV_ERROR, "S004", yaml_place(node), hint,
                 tr("“%s” cannot be “%s”", "“%s”不能是 “%s”"), what, text);
    free(hint);
    return false;
}

static bool leading_zero(const char *text)
{
    text += *text == '-';
    return text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

/* What the author most likely did to a number. */
static const char *number_hint(const struct yaml *node)
{
    const char *text = node->text;
    if (node->quoted)
        return tr("remove the quotes: in quotes it is text", "去掉引号：加引号即为文字");
    if (str_has_fullwidth(text))
        return tr("type digits and points half-width", "请用半角数字和小数点");
    if (strchr(text, '%'))
        return tr("write the number without %", "只写数字，不带百分号");
    if (strchr(text, ','))
        return tr("write no thousands separator", "不要写千位分隔符");
    if (leading_zero(text))
        return tr("remove the leading zero: some read it as octal",
                  "去掉开头的 0：有的程序会按八进制读");
    if ((text[0] >= '0' && text[0] <= '9') || text[0] == '-')
        return tr("write the number alone, without a unit", "只写数字，不带单位");
    return tr("write a number such as 0.5", "请写数字，例如 0.5");
}

static void not_a_number(const struct yaml *node, const char *what, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "S005", yaml_place(node), number_hint(node),
                 tr("“%s” must be a number, not “%s”", "“%s”应为数字，不能是 “%s”"), what,
                 node->text);
}

static void out_of_range(const struct yaml *node, const char *what, const char *low,
                         const char *high, const char *unit, struct findings *findings)
{
    findings_add(
        findings, SEV_ERROR, "S006", yaml_place(node), NULL,
        tr("“%s” is %s; it must lie between %s and %s%s%s", "“%s”为 %s，应在 %s 至 %s%s%s之间"),
        what, node->text, low, high, unit ? " " : "", unit ? unit : "");
}

static char *micro_text(micro value)
{
    int64_t whole = value / MICRO, rest = llabs(value % MICRO);
    if (rest == 0)
        return xasprintf("%lld", (long long)whole);
    char *text = xasprintf("%s%lld.%06lld", value < 0 && whole == 0 ? "-" : "", (long long)whole,
                           (long long)rest);
    for (size_t size = strlen(text); text[size - 1] == '0'; size--)
        text[size - 1] = 0;
    return text;
}

bool schema_micro(const struct yaml *node, const char *what, int64_t low, int64_t high,
                  const char *unit, int64_t *ret, struct findings *findings)
{
    micro value;
    if (!schema_text(node, what, findings))
        return false;
    bool plain = !node->quoted && !leading_zero(node->text);
    int err = plain ? micro_parse(node->text, &value) : ERR_SYNTAX;
    if (err < 0 && err != ERR_LIMIT) {
        not_a_number(node, what, findings);
        return false;
    }
    bool bounded = low != 0 || high != 0;
    if (err < 0 || (bounded && (value < low || value > high))) {
        char *low_text = micro_text(bounded ? low : -MICRO_MAX);
        char *high_text = micro_text(bounded ? high : MICRO_MAX);
        out_of_range(node, what, low_text, high_text, unit, findings);
        free(low_text);
        free(high_text);
        return false;
    }
    *ret = value;
    return true;
}

static bool check_int(const struct field *field, const struct yaml *node, int *ret,
                      struct findings *findings)
{
    int64_t value;
    int64_t low = field->low, high = field->high;
    if (low == 0 && high == 0)
        high = INT32_MAX;
    if (!schema_micro(node, field->key, low * MICRO, high * MICRO, field->unit, &value, findings))
        return false;
    if (value % MICRO != 0) {
        findings_add(findings, SEV_ERROR, "S005", yaml_place(node), NULL,
                     tr("“%s” must be a whole number, not “%s”", "“%s”应为整数，不能是 “%s”"),
                     field->key, node->text);
        return false;
    }
    *ret = (int)(value / MICRO);
    return true;
}

static bool check_bool(const struct yaml *node, const char *what, bool *ret,
                       struct findings *findings)
{
    if (!schema_text(node, what, findings))
        return false;
    bool yes = strcmp(node->text, "true") == 0;
    if (node->quoted || (!yes && strcmp(node->text, "false") != 0)) {
        findings_add(findings, SEV_ERROR, "S007", yaml_place(node),
                     tr("write true or false, without quotes", "请写 true 或 false，不加引号"),
                     tr("“%s” cannot be “%s”", "“%s”不能是 “%s”"), what, node->text);
        return false;
    }
    *ret = yes;
    return true;
}

static const char *span_hint(const char *text)
{
    char *end;
    strtod(text, &end);
    if (end != text && !*end)
        return tr("add the unit, e.g. 30m, 36h, 2d", "请写明单位，例如 30m、36h、2d");
    return tr("write a number and one of s m h d w, e.g. 30m, 36h, 2d",
              "请写数字加 s、m、h、d、w 之一，例如 30m、36h、2d");
}

/* As its author would write it. */
static void print_bound(struct buf *buf, span_ms bound)
{
    if (bound > DAY_MS && bound % DAY_MS == 0)
        buf_printf(buf, "%lldd", (long long)(bound / DAY_MS));
    else
        span_print(buf, bound);
}

static bool check_span(const struct field *field, const struct yaml *node, span_ms *ret,
                       struct findings *findings)
{
    span_ms span;
    if (!schema_text(node, field->key, findings))
        return false;
    if (span_parse(node->text, &span) < 0) {
        findings_add(findings, SEV_ERROR, "S008", yaml_place(node), span_hint(node->text),
                     tr("“%s” must be a span of time, not “%s”", "“%s”应为时长，不能是 “%s”"),
                     field->key, node->text);
        return false;
    }
    if ((field->low || field->high) && (span < field->low || span > field->high)) {
        struct buf low = {0}, high = {0};
        print_bound(&low, field->low);
        print_bound(&high, field->high);
        out_of_range(node, field->key, buf_str(&low), buf_str(&high), NULL, findings);
        buf_release(&low);
        buf_release(&high);
        return false;
    }
    *ret = span;
    return true;
}

static bool check_date(const struct yaml *node, const char *what, int64_t *ret,
                       struct findings *findings)
{
    if (!schema_text(node, what, findings))
        return false;
    if (date_parse(node->text, ret) == 0)
        return true;
    findings_add(findings, SEV_ERROR, "S009", yaml_place(node),
                 tr("write a day that exists as YYYY-MM-DD, e.g. 2026-03-01",
                    "请写存在的日期，形如 2026-03-01"),
                 tr("“%s” must be a date, not “%s”", "“%s”应为日期，不能是 “%s”"), what,
                 node->text);
    return false;
}

static bool id_char(unsigned char c)
{
    return c > ' ' && c != 0x7f && !strchr("/,;\"'`\\{}", c);
}

bool schema_is_id(const char *text)
{
    size_t size = strlen(text);
    bool good = size > 0 && size <= ID_BYTES_MAX && !strstr(text, "\xe3\x80\x80"); /* wide space */
    for (size_t i = 0; good && i < size; i++)
        good = id_char((unsigned char)text[i]);
    return good;
}

static bool check_id(const struct yaml *node, const char *what, const char **ret,
                     struct findings *findings)
{
    const char *text = schema_text(node, what, findings);
    if (!text)
        return false;
    if (!schema_is_id(text)) {
        findings_add(findings, SEV_ERROR, "S012", yaml_place(node),
                     tr("no blanks, slashes, commas, quotes or braces; at most 64 bytes",
                        "不得含空格、斜杠、逗号、引号、花括号，最长 64 字节"),
                     tr("“%s” cannot be the identifier “%.80s”", "“%s”不能用 “%.80s”作标识"), what,
                     text);
        return false;
    }
    *ret = text;
    return true;
}

static bool check_flags(const struct yaml *node, const char *what, const char **ret,
                        struct findings *findings)
{
    if (!is_kind(node, YAML_SCALAR, what, findings))
        return false;
    for (const char *c = node->text; *c; c++) {
        if ((*c < 'A' || *c > 'Z') && (*c < 'a' || *c > 'z') && (*c < '0' || *c > '9')) {
            findings_add(
                findings, SEV_ERROR, "S013", yaml_place(node),
                tr("write the flags' letters side by side, e.g. NF", "标识字母连写，例如 NF"),
                tr("“%s” cannot be “%s”", "“%s”不能是 “%s”"), what, node->text);
            return false;
        }
    }
    *ret = node->text;
    return true;
}

static bool check_length(const struct field *field, const struct yaml *node,
                         struct findings *findings)
{
    if (!schema_is_list(node, field->key, findings))
        return false;
    int64_t count = (int64_t)node->count;
    if (field->low > 0 && count < field->low) {
        findings_add(
            findings, SEV_ERROR, "S011", yaml_place(node), NULL,
            tr("“%s” has %lld items; it needs at least %lld", "“%s”有 %lld 项，至少应有 %lld 项"),
            field->key, (long long)count, (long long)field->low);
        return false;
    }
    if (field->high > 0 && count > field->high) {
        findings_add(
            findings, SEV_ERROR, "S011", yaml_place(node), NULL,
            tr("“%s” has %lld items, at most %lld are allowed", "“%s”有 %lld 项，最多 %lld 项"),
            field->key, (long long)count, (long long)field->high);
        return false;
    }
    return true;
}

/* Long lists are left alone: comparing all pairs is for lists that a person wrote. */
static bool check_repeats(const struct field *field, const struct yaml *node,
                          struct findings *findings)
{
    bool good = true;
    for (size_t i = 1; i < node->count && node->count <= REPEATS_LOOKED_FOR_MAX; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct yaml *item = node->items[i], *before = node->items[k];
            if (item->kind != YAML_SCALAR || before->kind != YAML_SCALAR ||
                strcmp(item->text, before->text) != 0)
                continue;
            findings_add(findings, SEV_ERROR, "S014", yaml_place(item),
                         tr("remove one of the two", "删去其中一个"),
                         tr("“%s” names “%s” twice", "“%s”中重复写了 “%s”"), field->key,
                         item->text);
            good = false;
            break;
        }
    }
    return good;
}

static bool check_texts(const struct field *field, const struct yaml *node,
                        struct findings *findings)
{
    if (!check_length(field, node, findings))
        return false;
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *item = node->items[i];
        int word;
        if (field->words)
            good &= check_word(item, field->key, field->words, &word, findings);
        else
            good &= schema_text(item, field->key, findings) != NULL;
    }
    return good && check_repeats(field, node, findings);
}

bool schema_value(const struct field *field, const struct yaml *node, void *target,
                  struct findings *findings)
{
    union {
        const char *text;
        const struct yaml *node;
        int number;
        bool yes;
        int64_t wide;
    } value = {.node = node};
    size_t size = sizeof value.node;
    bool good = true;
    switch (field->type) {
    case FIELD_TEXT:
        good = (value.text = schema_text(node, field->key, findings)) != NULL;
        break;
    case FIELD_FLAGS:
        good = check_flags(node, field->key, &value.text, findings);
        break;
    case FIELD_ID:
        good = check_id(node, field->key, &value.text, findings);
        break;
    case FIELD_WORD:
        size = sizeof value.number;
        good = check_word(node, field->key, field->words, &value.number, findings);
        break;
    case FIELD_ONE_OF:
        good = check_word(node, field->key, field->words, &value.number, findings);
        value.text = node->text;
        break;
    case FIELD_INT:
        size = sizeof value.number;
        good = check_int(field, node, &value.number, findings);
        break;
    case FIELD_BOOL:
        size = sizeof value.yes;
        good = check_bool(node, field->key, &value.yes, findings);
        break;
    case FIELD_MICRO:
        size = sizeof value.wide;
        good = schema_micro(node, field->key, field->low, field->high, field->unit, &value.wide,
                            findings);
        break;
    case FIELD_SPAN:
        size = sizeof value.wide;
        good = check_span(field, node, &value.wide, findings);
        break;
    case FIELD_DATE:
        size = sizeof value.wide;
        good = check_date(node, field->key, &value.wide, findings);
        break;
    case FIELD_TEXTS:
        good = check_texts(field, node, findings);
        break;
    case FIELD_LIST:
        good = check_length(field, node, findings);
        break;
    case FIELD_MAP:
        good = schema_is_map(node, field->key, findings);
        break;
    case FIELD_NODE:
        break;
    }
    if (good && field->offset != FIELD_NOT_STORED)
        memcpy((char *)target + field->offset, &value, size);
    return good;
}
