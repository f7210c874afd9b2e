/* Shorthand: the short words a scenario is written in.
 *
 * Each reader takes a node, says with file, line and column what is wrong and what could be meant,
 * and leaves its result untouched then: so all mistakes of a scenario are told in one go. */
#include "shell/shorthand.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

int moment_parse(const char *text, struct moment *ret_moment)
{
    struct moment moment = {.from_inject = *text != 'T'};
    if (*text == 'T')
        text++;
    if (!*text && !moment.from_inject) {
        *ret_moment = moment;
        return 0;
    }
    char sign = *text;
    if (sign != '+' && (sign != '-' || moment.from_inject))
        return ERR_SYNTAX;
    if (strcmp(text + 1, "0") != 0) {
        int err = span_parse(text + 1, &moment.offset);
        if (err < 0)
            return err;
    }
    if (sign == '-')
        moment.offset = -moment.offset;
    *ret_moment = moment;
    return 0;
}

/* The text of a scalar, or NULL with a finding. */
static const char *scalar(const struct yaml *node, const char *what, struct findings *findings)
{
    if (node->kind == YAML_SCALAR && node->text[0])
        return node->text;
    findings_add(findings, SEV_ERROR, "C001", yaml_place(node), NULL,
                 tr("“%s” must be a single value", "“%s” 应为单个值"), what);
    return NULL;
}

static void not_a_moment(const struct yaml *node, const char *what, bool inject,
                         struct findings *findings)
{
    const char *hint = inject
                           ? tr("write T+9h (from the start), +30m (from this inject), T-24h or T",
                                "请写 T+9h（自开始起）、+30m（自本情景起）、T-24h 或 T")
                           : tr("write T+9h, T+1d2h, T-24h or T: times count from “start”",
                                "请写 T+9h、T+1d2h、T-24h 或 T：时间自 “start” 起算");
    findings_add(findings, SEV_ERROR, "C002", yaml_place(node), hint,
                 tr("“%s” cannot be the moment “%s”", "“%s” 不能是时刻 “%s”"), what, node->text);
}

bool moment_read_any(const struct yaml *node, const char *what, struct moment *ret_moment,
                     struct findings *findings)
{
    const char *text = scalar(node, what, findings);
    if (!text)
        return false;
    if (moment_parse(text, ret_moment) == 0)
        return true;
    not_a_moment(node, what, true, findings);
    return false;
}

bool moment_read(const struct yaml *node, const char *what, span_ms *ret_offset,
                 struct findings *findings)
{
    struct moment moment;
    const char *text = scalar(node, what, findings);
    if (!text)
        return false;
    if (moment_parse(text, &moment) < 0 || moment.from_inject) {
        not_a_moment(node, what, false, findings);
        return false;
    }
    *ret_offset = moment.offset;
    return true;
}

static int range_parse(const char *text, struct span_range *ret)
{
    struct span_range range;
    const char *dots = strstr(text, "..");
    char *low = dots ? xstrndup(text, (size_t)(dots - text)) : xstrdup(text);
    for (char *end = low + strlen(low); end > low && end[-1] == ' '; end--)
        end[-1] = 0;
    int err = span_parse(low, &range.low);
    free(low);
    range.high = range.low;
    if (err == 0 && dots)
        err = span_parse(dots + 2 + strspn(dots + 2, " "), &range.high);
    if (err == 0 && range.high < range.low)
        err = ERR_INVALID;
    if (err == 0)
        *ret = range;
    return err;
}

bool span_range_read(const struct yaml *node, const char *what, struct span_range *ret,
                     struct findings *findings)
{
    const char *text = scalar(node, what, findings);
    if (!text)
        return false;
    if (range_parse(text, ret) == 0)
        return true;
    findings_add(findings, SEV_ERROR, "C003", yaml_place(node),
                 tr("write one span (8m) or a range, the shorter first (2m..40m)",
                    "请写一个时长（8m）或由短到长的范围（2m..40m）"),
                 tr("“%s” cannot be “%s”", "“%s” 不能是 “%s”"), what, text);
    return false;
}

/* ---- runs of values ---- */

struct run_list {
    struct run_value *items;
    size_t count, capacity;
};

static void run_add(struct run_list *list, struct run_value value)
{
    xgrow((void **)&list->items, list->count, &list->capacity, sizeof value);
    list->items[list->count++] = value;
}

/* What one word says: `from` (`..to`)? (`/FLAG`)? (`x`COUNT)? */
struct run_word {
    struct run_value first;
    micro last;
    bool ramp;
    long count;
};

/* Cuts the text at the last `mark`; what follows it, or NULL. */
static char *cut(char *text, char mark)
{
    char *at = strrchr(text, mark);
    if (!at)
        return NULL;
    *at = 0;
    return at + 1;
}

static int run_count_parse(const char *text, long *ret)
{
    char *end;
    if (*text < '1' || *text > '9')
        return ERR_SYNTAX;
    long count = strtol(text, &end, 10);
    if (*end)
        return ERR_SYNTAX;
    if (count > RUN_VALUES_MAX)
        return ERR_LIMIT;
    *ret = count;
    return 0;
}

static int run_figure_parse(char *text, struct run_word *word)
{
    if (strcmp(text, "_") == 0) {
        word->first.silent = true;
        return 0;
    }
    if (strcmp(text, "?") == 0)
        return 0;
    char *dots = strstr(text, "..");
    if (dots) {
        *dots = 0;
        word->ramp = true;
        if (micro_parse(dots + 2, &word->last) < 0)
            return ERR_SYNTAX;
    }
    return micro_parse(text, &word->first.value) < 0 ? ERR_SYNTAX : 0;
}

/* Takes `text` apart; it is changed. */
static int run_word_parse(char *text, struct run_word *ret)
{
    struct run_word word = {.first = {.value = MICRO_NONE}, .count = 1};
    int err = 0;
    char *count = cut(text, 'x');
    if (count)
        err = run_count_parse(count, &word.count);
    char *flag = err == 0 ? cut(text, '/') : NULL;
    if (flag) {
        bool letter = (*flag >= 'A' && *flag <= 'Z') || (*flag >= 'a' && *flag <= 'z');
        if (!letter || flag[1])
            return ERR_SYNTAX;
        word.first.flag = *flag;
    }
    if (err == 0)
        err = run_figure_parse(text, &word);
    if (err == 0 && word.ramp && word.count < 2)
        err = ERR_INVALID;
    if (err == 0)
        *ret = word;
    return err;
}

static void run_word_add(struct run_list *list, const struct run_word *word)
{
    for (long i = 0; i < word->count; i++) {
        struct run_value value = word->first;
        if (word->ramp) /* whole steps of a millionth: the last value is met exactly */
            value.value += (micro)((wide)(word->last - word->first.value) * i / (word->count - 1));
        run_add(list, value);
    }
}

static bool run_complain(const struct yaml *node, const char *what, const char *word, int err,
                         struct findings *findings)
{
    const char *hint =
        err == ERR_INVALID
            ? tr("say in how many values the ramp is climbed: 120..180x7",
                 "请写明渐变分几个值：120..180x7")
            : tr("write values such as 120 120x10 120..180x7 35/Fx2 ?x2 (unknown) _x3 (silent)",
                 "请写成 120 120x10 120..180x7 35/Fx2 ?x2（无效） _x3（缺报）");
    if (err == ERR_LIMIT)
        hint = tr("at most 20000 values stand in one run", "一串最多 20000 个值");
    findings_add(findings, SEV_ERROR, "C004", yaml_place(node), hint,
                 tr("“%s”: cannot read “%s”", "“%s”：无法读懂 “%s”"), what, word);
    return false;
}

static bool run_add_text(struct run_list *list, const struct yaml *node, const char *what,
                         struct findings *findings)
{
    char *copy = xstrdup(node->text), *rest = copy, *text;
    bool good = true;
    while (good && (text = strsep(&rest, " \n")) != NULL) {
        struct run_word word;
        if (!*text)
            continue;
        char *shown = xstrdup(text);
        int err = run_word_parse(text, &word);
        if (err == 0 && list->count + (size_t)word.count > RUN_VALUES_MAX)
            err = ERR_LIMIT;
        if (err == 0)
            run_word_add(list, &word);
        else
            good = run_complain(node, what, shown, err, findings);
        free(shown);
    }
    free(copy);
    return good;
}

struct run_value *run_values_read(const struct yaml *node, const char *what, size_t *ret_count,
                                  struct findings *findings)
{
    struct run_list list = {0};
    bool good = true;
    if (node->kind == YAML_LIST) {
        for (size_t i = 0; i < node->count; i++) {
            const struct yaml *item = node->items[i];
            if (yaml_is_null(item))
                run_add(&list, (struct run_value){.value = MICRO_NONE});
            else
                good = scalar(item, what, findings) && run_add_text(&list, item, what, findings) &&
                       good;
        }
    } else {
        good = scalar(node, what, findings) && run_add_text(&list, node, what, findings);
    }
    if (good && list.count == 0)
        good = run_complain(node, what, "", ERR_SYNTAX, findings);
    if (!good) {
        free(list.items);
        return NULL;
    }
    *ret_count = list.count;
    return list.items;
}
