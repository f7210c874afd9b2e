/* Traps and plain words.
 *
 * Policy files are typed on Chinese keyboards by people who do not program.  Each check here is one
 * mistake that was seen to pass silently elsewhere; each hint shows what to type instead. */
#include "base/yaml_words.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* ---- Small looks at text ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

/* Half-width text that someone meant as a figure, a date, a time, a span or some of them: it begins
 * with a digit and has nothing but what those are made of. */
static bool looks_like_figure(const char *text)
{
    text += strspn(text, " +-");
    if (!is_digit(*text) && !(*text == '.' && is_digit(text[1])))
        return false;
    return text[strspn(text, "0123456789+-.,:/ %eEhmdswTZ")] == 0;
}

const char *yaml_after_tight_colon(const char *text)
{
    const char *at = text;
    while (is_name_char(*at))
        at++;
    if (at == text || is_digit(*text))
        return NULL;
    bool is_full = str_starts(at, "：");
    if (!is_full && *at != ':')
        return NULL;
    at += is_full ? strlen("：") : 1;
    if (is_full)
        at += strspn(at, " ");
    else if (*at == ' ')
        return NULL;
    return *at == 0 || strchr("/\\:\r\n", *at) ? NULL : at;
}

/* "level: 3" for "level:3". */
static char *with_space(const char *text, const char *after)
{
    const char *colon = text;
    while (is_name_char(*colon))
        colon++;
    size_t rest = strcspn(after, "\r\n");
    return xasprintf("%.*s: %.*s", (int)(colon - text), text, (int)rest, after);
}

void yaml_report_space(struct findings *findings, enum severity severity, struct place place,
                       const char *text, const char *after)
{
    char *hint = with_space(text, after);
    findings_add(findings, severity, "Y018", place, hint,
                 tr("a space is missing after the colon", "冒号后面缺少空格"));
    free(hint);
}

static void report_fullwidth(struct findings *findings, enum severity severity, struct place place,
                             const char *text)
{
    char *half = str_halfwidth(text);
    findings_add(findings, severity, "Y009", place, half,
                 tr("full-width characters in “%s”", "“%s”中有全角字符，请改用半角"), text);
    free(half);
}

/* ---- Values ---- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

static void check_yes_no(const struct yaml *node, struct findings *findings)
{
    static const char *const words[] = {"yes", "Yes", "YES", "no",  "No",  "NO", "on",
                                        "On",  "ON",  "off", "Off", "OFF", NULL};
    if (!strchr("yYnNoO", node->text[0]) || !is_one_of(node->text, words))
        return;
    findings_add(findings, SEV_WARNING, "Y010", yaml_place(node),
                 tr("write true or false; if it is text, put it in quotes",
                    "是非值请写 true 或 false；如果是文字请加引号"),
                 tr("“%s” is read as text here, not as true or false",
                    "“%s”在这里按文字读取，不是 true 或 false"),
                 node->text);
}

bool yaml_is_fullwidth_figure(const struct yaml *node)
{
    if (node->quoted || is_ascii(node->text) || !str_has_fullwidth(node->text))
        return false;
    char *half = str_halfwidth(node->text);
    bool found = looks_like_figure(half);
    free(half);
    return found;
}

/* Text without a single Chinese character that is still full-width: `[pm，vocs]` is one item, not
 * two, and `B＋` is no grade.  A name may be spelt so, therefore only a warning. */
static bool is_fullwidth_ascii(const char *text)
{
    if (is_ascii(text) || !str_has_fullwidth(text))
        return false;
    char *half = str_halfwidth(text);
    bool found = is_ascii(half);
    free(half);
    return found;
}

static bool check_fullwidth_value(const struct yaml *node, struct findings *findings)
{
    if (yaml_is_fullwidth_figure(node))
        report_fullwidth(findings, SEV_ERROR, yaml_place(node), node->text);
    else if (is_fullwidth_ascii(node->text))
        report_fullwidth(findings, SEV_WARNING, yaml_place(node), node->text);
    else
        return false;
    return true;
}

/* libyaml folds the lines of a plain value into one: "name: foo⏎  level:3" reads "foo level:3". */
static void check_swallowed_key(const struct yaml *node, struct findings *findings)
{
    for (const char *at = strchr(node->text, ' '); at; at = strchr(at, ' ')) {
        at += strspn(at, " ");
        const char *after = yaml_after_tight_colon(at);
        if (!after)
            continue;
        yaml_report_space(findings, SEV_WARNING, yaml_place(node), at, after);
        return;
    }
}

/* "- b⏎ - c" reads as the one item "b - c" when the second dash stands deeper. */
static void check_swallowed_item(const struct yaml *node, struct findings *findings)
{
    if (strstr(node->text, " - "))
        findings_add(findings, SEV_WARNING, "Y019", yaml_place(node),
                     tr("align the - with the one above; put text that runs over lines in quotes",
                        "请把“-”与上面的“-”对齐；跨行的文字请加引号"),
                     tr("a line that begins with - was read as part of the text above it",
                        "以“-”开头的一行被当成了上一行文字的一部分"));
}

void yaml_check_value(const struct yaml *node, bool in_list, bool spans_lines,
                      struct findings *findings)
{
    if (node->kind != YAML_SCALAR || node->quoted || node->text[0] == 0)
        return;
    check_yes_no(node, findings);
    const char *after = in_list ? yaml_after_tight_colon(node->text) : NULL;
    if (after) {
        yaml_report_space(findings, SEV_WARNING, yaml_place(node), node->text, after);
        return;
    }
    if (check_fullwidth_value(node, findings) || !spans_lines)
        return;
    check_swallowed_key(node, findings);
    check_swallowed_item(node, findings);
}

/* ---- Keys ---- */

static void refuse_key(const struct yaml *key, const char *code, const char *hint,
                       const char *message, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, code, yaml_place(key), hint, "%s", message);
}

bool yaml_check_key(const struct yaml *key, const struct yaml *value, struct findings *findings)
{
    if (key->kind != YAML_SCALAR) {
        refuse_key(key, "Y017", tr("a key is one word before the colon", "键是冒号前的一个词"),
                   tr("a list or a map cannot be a key", "列表或映射不能用作键"), findings);
        return false;
    }
    if (yaml_is_null(key)) {
        refuse_key(key, "Y017", tr("write a name before the colon", "请在冒号前写上名称"),
                   tr("a key is missing before the colon", "冒号前缺少键"), findings);
        return false;
    }
    if (!key->quoted && strcmp(key->text, "<<") == 0) {
        refuse_key(key, "Y003", tr("write the values out", "请把内容完整写出"),
                   tr("merge keys (<<) are not allowed", "不允许使用合并键（<<）"), findings);
        return false;
    }
    if (strlen(key->text) > YAML_KEY_BYTES_MAX)
        refuse_key(key, "Y006", NULL, tr("the key is too long", "键过长"), findings);
    if (is_fullwidth_ascii(
            key->text)) /* one that holds Chinese words is a name and its own affair */
        report_fullwidth(findings, SEV_ERROR, yaml_place(key), key->text);
    const char *after =
        key->quoted || !yaml_is_null(value) ? NULL : yaml_after_tight_colon(key->text);
    if (after)
        yaml_report_space(findings, SEV_ERROR, yaml_place(key), key->text, after);
    return true;
}
