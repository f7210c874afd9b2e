/* YAML scalars as figures, spans, dates: each refusal says what to type instead. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "base/yaml_words.h"
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One finding at the node; always false, so that readers can return it. */
static bool refuse(const struct yaml *node, const char *code, const char *hint, const char *message,
                   struct findings *findings)
{
    findings_add(findings, SEV_ERROR, code, yaml_place(node), hint, "%s", message);
    return false;
}

/* `message` has one %s, for the text as written. */
static bool refuse_text(const struct yaml *node, const char *code, const char *hint,
                        const char *message, struct findings *findings)
{
    char *text = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    text = xasprintf(message, node->text);
#pragma GCC diagnostic pop
    refuse(node, code, hint, text, findings);
    free(text);
    return false;
}

static bool is_scalar(const struct yaml *node, const char *code, struct findings *findings)
{
    if (yaml_is_null(node))
        return refuse(node, code, NULL, tr("a value is missing", "缺少值"), findings);
    if (node->kind != YAML_SCALAR)
        return refuse(node, code, NULL,
                      tr("a single value is expected, not a list or a map",
                         "这里应当是单个值，不是列表或映射"),
                      findings);
    return true;
}

/* ---- Figures ---- */

/* The figure within "1,000", "168 μg/m³" or "10%": digits, point and sign from the front; caller
 * frees. */
static char *figure_within(const char *text)
{
    struct buf buf = {0};
    for (; is_digit(*text) || strchr("-.,_ ", *text); text++) {
        if (*text == 0)
            break;
        if (is_digit(*text) || *text == '-' || *text == '.')
            buf_putc(&buf, *text);
    }
    char *figure = buf_detach(&buf);
    micro ignored;
    if (micro_parse(figure, &ignored) < 0)
        figure[0] = 0;
    return figure;
}

static bool refuse_figure(const struct yaml *node, struct findings *findings)
{
    char *figure = figure_within(node->text);
    refuse_text(node, "Y013", figure[0] ? figure : NULL, tr("“%s” is not a number", "“%s”不是数字"),
                findings);
    free(figure);
    return false;
}

/* 010: eight in YAML 1.1, ten in YAML 1.2, a code with its zero to most people. */
static bool has_leading_zero(const char *text)
{
    text += *text == '-' || *text == '+';
    return text[0] == '0' && is_digit(text[1]) && text[strspn(text, "0123456789.")] == 0;
}

/* 12:30, which YAML 1.1 reads as 750. */
static bool is_sexagesimal(const char *text)
{
    return is_digit(text[0]) && strchr(text, ':') && text[strspn(text, "0123456789:.")] == 0;
}

static bool refuse_leading_zero(const struct yaml *node, struct findings *findings)
{
    const char *figure = node->text + strspn(node->text, "+-0");
    bool keeps_zero = !is_digit(*figure);
    char *hint =
        xasprintf(tr("write %s%s%s for the number; put a code such as “%s” in quotes",
                     "数字请写 %s%s%s；如果是编号，请写成 \"%s\"（加引号）"),
                  node->text[0] == '-' ? "-" : "", keeps_zero ? "0" : "", figure, node->text);
    refuse_text(node, "Y011", hint, tr("the number “%s” begins with a zero", "数字“%s”以 0 开头"),
                findings);
    free(hint);
    return false;
}

/* What yaml_micro and yaml_int have in common before the digits are read. */
static bool is_figure(const struct yaml *node, struct findings *findings)
{
    if (!is_scalar(node, "Y013", findings) || yaml_is_fullwidth_figure(node))
        return false;
    if (node->quoted)
        return refuse_text(node, "Y013", tr("remove the quotes", "请去掉引号"),
                           tr("“%s” is text, because it is in quotes; a number is expected",
                              "“%s”加了引号，是文字；这里应当是数字"),
                           findings);
    if (has_leading_zero(node->text))
        return refuse_leading_zero(node, findings);
    if (is_sexagesimal(node->text))
        return refuse_text(
            node, "Y012", NULL,
            tr("“%s” is a time of day; a number is expected", "“%s”是时刻；这里应当是数字"),
            findings);
    return true;
}

bool yaml_micro(const struct yaml *node, micro *ret, struct findings *findings)
{
    if (!is_figure(node, findings))
        return false;
    int err = micro_parse(node->text, ret);
    if (err == ERR_LIMIT)
        return refuse_text(node, "Y014", NULL, tr("%s is beyond ±1,000,000,000", "%s 超出 ±10 亿"),
                           findings);
    return err == 0 || refuse_figure(node, findings);
}

static bool refuse_range(const struct yaml *node, int64_t low, int64_t high,
                         struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "Y014", yaml_place(node), NULL,
                 tr("%s is out of range: %lld to %lld", "%s 超出范围：%lld 到 %lld"), node->text,
                 (long long)low, (long long)high);
    return false;
}

/* Digits to the end of the text; ERR_LIMIT beyond 64 bits. */
static int parse_int(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    int64_t value = 0;
    if (!is_digit(*text) || text[strspn(text, "0123456789")] != 0)
        return ERR_SYNTAX;
    for (; *text; text++) {
        int digit = negative ? '0' - *text : *text - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return ERR_LIMIT;
    }
    *ret = value;
    return 0;
}

bool yaml_int(const struct yaml *node, int64_t low, int64_t high, int64_t *ret,
              struct findings *findings)
{
    if (!is_figure(node, findings))
        return false;
    int64_t value;
    micro fraction;
    int err = parse_int(node->text, &value);
    if (err == ERR_LIMIT || (err == 0 && (value < low || value > high)))
        return refuse_range(node, low, high, findings);
    if (err == ERR_SYNTAX && micro_parse(node->text, &fraction) == 0)
        return refuse_text(node, "Y013", NULL,
                           tr("%s: a whole number is expected", "%s：这里应当是整数"), findings);
    if (err < 0)
        return refuse_figure(node, findings);
    *ret = value;
    return true;
}

/* ---- True and false ---- */

/* yaml_read warned of yes/no/on/off before anyone knew that true or false was wanted; now it is an
 * error. */
static bool raise_warning(const struct yaml *node, struct findings *findings)
{
    for (size_t i = findings->count; i-- > 0;) {
        struct finding *finding = &findings->items[i];
        if (finding->severity != SEV_WARNING || !str_equal(finding->code, "Y010") ||
            finding->line != node->line || finding->col != node->col ||
            !str_equal(finding->file, node->file))
            continue;
        finding->severity = SEV_ERROR;
        findings->warnings--;
        findings->errors++;
        return true;
    }
    return false;
}

bool yaml_bool(const struct yaml *node, bool *ret, struct findings *findings)
{
    if (!is_scalar(node, "Y010", findings))
        return false;
    bool is_true = str_equal(node->text, "true");
    if (!node->quoted && (is_true || str_equal(node->text, "false"))) {
        *ret = is_true;
        return true;
    }
    if (!raise_warning(node, findings))
        refuse_text(node, "Y010",
                    node->quoted ? tr("remove the quotes", "请去掉引号")
                                 : tr("write true or false", "请写 true 或 false"),
                    tr("“%s”: true or false is expected", "“%s”：这里应当是 true 或 false"),
                    findings);
    return false;
}

/* ---- Spans ---- */

/* The unit people mean by a word; longer words first where one begins like another. */
static const struct {
    const char *word, *unit;
} spoken_units[] = {
    {"小时", "h"}, {"个小时", "h"}, {"时", "h"},  {"分钟", "m"}, {"分", "m"},   {"天", "d"},
    {"日", "d"},   {"秒", "s"},     {"周", "w"},  {"星期", "w"}, {"hour", "h"}, {"hr", "h"},
    {"min", "m"},  {"day", "d"},    {"sec", "s"}, {"week", "w"}, {"H", "h"},    {"D", "d"},
    {"h", "h"},    {"m", "m"},      {"d", "d"},   {"s", "s"},    {"w", "w"},
};

/* "48h" for "48 小时"; for a bare figure the hint is the figure with the commonest unit.  Caller
 * frees. */
static char *span_within(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *word = text + digits + strspn(text + digits, " ");
    const char *unit = *word == 0 ? "h" : NULL;
    for (size_t i = 0; !unit && i < sizeof spoken_units / sizeof *spoken_units; i++) {
        if (str_starts(word, spoken_units[i].word))
            unit = spoken_units[i].unit;
    }
    if (digits == 0 || digits > 9 || !unit)
        return xstrdup(tr("for example 48h, 30m, 2d", "例如 48h、30m、2d"));
    return xasprintf("%.*s%s", (int)digits, text, unit);
}

bool yaml_span(const struct yaml *node, span_ms *ret, struct findings *findings)
{
    if (!is_scalar(node, "Y015", findings) || yaml_is_fullwidth_figure(node))
        return false;
    int err = span_parse(node->text, ret);
    if (err == 0)
        return true;
    if (err == ERR_LIMIT)
        return refuse_text(node, "Y014", NULL, tr("%s is longer than ten years", "%s 超过十年"),
                           findings);
    char *hint = span_within(node->text);
    if (err == ERR_INVALID && node->text[0] != '-')
        refuse_text(node, "Y015", hint, tr("%s has no unit", "时长“%s”没有写单位"), findings);
    else
        refuse_text(node, "Y015", hint, tr("“%s” is not a span of time", "“%s”不是时长"), findings);
    free(hint);
    return false;
}

/* ---- Dates ---- */

/* The next run of up to four digits as a number; -1 when there is none. */
static int take_number(const char **at)
{
    while (**at && !is_digit(**at))
        (*at)++;
    int number = is_digit(**at) ? 0 : -1;
    for (int i = 0; i < 4 && is_digit(**at); i++, (*at)++)
        number = number * 10 + (**at - '0');
    return number;
}

/* "2015-11-08" for 2015/11/8, 2015年11月8日 or 20151108; NULL when that is no date.  Caller frees.
 */
static char *date_within(const char *text)
{
    int64_t ignored;
    const char *at = text;
    char *date;
    if (strspn(text, "0123456789") == 8) {
        date = xasprintf("%.4s-%.2s-%.2s", text, text + 4, text + 6);
    } else {
        int year = take_number(&at), month = take_number(&at), day = take_number(&at);
        date = xasprintf("%04d-%02d-%02d", year, month, day);
    }
    if (date_parse(date, &ignored) == 0)
        return date;
    free(date);
    return NULL;
}

static bool refuse_date(const struct yaml *node, int err, struct findings *findings)
{
    char *hint = err == ERR_INVALID ? NULL : date_within(node->text);
    const char *message = err == ERR_INVALID
                              ? tr("there is no such date or time: %s", "不存在的日期或时间：%s")
                              : tr("“%s” is not a date", "“%s”不是日期");
    const char *form = tr("for example 2015-11-08", "例如 2015-11-08");
    refuse_text(node, "Y016", hint ? hint : err == ERR_INVALID ? NULL : form, message, findings);
    free(hint);
    return false;
}

bool yaml_date(const struct yaml *node, int64_t *ret_day, struct findings *findings)
{
    if (!is_scalar(node, "Y016", findings) || yaml_is_fullwidth_figure(node))
        return false;
    int err = date_parse(node->text, ret_day);
    return err == 0 || refuse_date(node, err, findings);
}

bool yaml_instant(const struct yaml *node, span_ms zone, instant_ms *ret, struct findings *findings)
{
    if (!is_scalar(node, "Y016", findings) || yaml_is_fullwidth_figure(node))
        return false;
    int err = instant_parse(node->text, zone, ret);
    return err == 0 || refuse_date(node, err, findings);
}
