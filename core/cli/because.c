/* The reasons of a decision, in words.
 *
 * The engine gives them in a small fixed language (verdict_words and its neighbours); here each of
 * its sentences is known.  One that is not is shown as it stands, never dropped. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/options.h"
#include "cli/words.h"
#include <stdlib.h>
#include <string.h>

const char *words_series(const char *series)
{
    static const struct {
        const char *name;
        struct text words;
    } known[] = {
        {"aqi_day", {"daily AQI", "日AQI"}},
        {"aqi_24h", {"24 h AQI", "滑动24小时AQI"}},
        {"aqi_hour", {"hourly AQI", "小时AQI"}},
        {"iaqi_o3_day", {"daily ozone index", "臭氧日分指数"}},
        {"iaqi_pm25_day", {"daily PM2.5 index", "PM2.5日分指数"}},
        {"nox_zs", {"NOx (converted)", "氮氧化物折算值"}},
        {"so2_zs", {"SO2 (converted)", "二氧化硫折算值"}},
        {"pm_zs", {"particulates (converted)", "颗粒物折算值"}},
        {"production_kw", {"production power", "生产用电功率"}},
        {"treatment_kw", {"treatment power", "治污用电功率"}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, series) == 0)
            return text_of(known[i].words);
    return series;
}

/* The word that begins at *at, and moves behind it and the blank; caller frees. */
static char *next_word(const char **at)
{
    size_t size = strcspn(*at, " ");
    char *word = xstrndup(*at, size);
    *at += size + ((*at)[size] == ' ');
    return word;
}

/* "120h" → 120小时 */
static void put_span_word(struct buf *buf, const char *word)
{
    span_ms span;
    if (span_parse(word, &span) < 0)
        buf_puts(buf, word);
    else if (span > 0 && span % HOUR_MS == 0)
        buf_printf(buf, "%lld小时", (long long)(span / HOUR_MS));
    else
        words_span(buf, span);
}

/* "2015-11-06T19:00" → 2015-11-06 19:00 */
static void put_time_word(struct buf *buf, const char *word)
{
    for (; *word; word++)
        buf_putc(buf, *word == 'T' ? ' ' : *word);
}

/* Test and run: "aqi_day > 200 for 48h from 2015-11-06".  Words are taken one by one; "for", "from"
 * and "and" change what the next one means. */
static void test_chinese(struct buf *buf, const char *because)
{
    bool first = true;
    while (*because) {
        char *word = next_word(&because), *next = NULL;
        bool joins = strcmp(word, "and") == 0;
        if (strcmp(word, "for") == 0 && *because) {
            next = next_word(&because);
            buf_puts(buf, " 持续");
            put_span_word(buf, next);
        } else if (strcmp(word, "from") == 0 && *because) {
            next = next_word(&because);
            buf_puts(buf, "，自");
            put_time_word(buf, next);
            buf_puts(buf, "起");
        } else if (joins) {
            buf_puts(buf, "，且");
        } else {
            buf_printf(buf, "%s%s", first ? "" : " ", words_series(word));
        }
        first = joins;
        free(word);
        free(next);
    }
}

/* "directive 2015-11 orange until further notice" */
static void directive_chinese(struct buf *buf, const char *rest)
{
    const char *until = strstr(rest, " until ");
    int size = until ? (int)(until - rest) : (int)strlen(rest);
    buf_printf(buf, "上级或区域预警 %.*s", size, rest);
    if (until && strcmp(until, " until further notice") == 0)
        buf_puts(buf, "，至另行通知");
    else if (until) {
        buf_puts(buf, "，至");
        put_time_word(buf, until + strlen(" until "));
    }
}

static void refusal_chinese(struct buf *buf, const char *why)
{
    static const char *const reasons[][2] = {
        {"a proposal is filed with a reason", "归档须写明理由"},
        {"the bundle's author may not approve", "政策包的编写人不得批准"},
        {"two different persons must approve", "须由两名不同人员批准"},
        {"nothing waits for approval", "没有待批的方案"},
        {"the recipients hold other orders now: it must be proposed again",
         "各单位现行指令已变，须重新提出方案"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i][0], why) == 0)
            why = reasons[i][1];
    buf_printf(buf, "批准未生效：%s", why);
}

/* The part of `text` behind `prefix`, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
    return str_starts(text, prefix) ? text + strlen(prefix) : NULL;
}

/* "甲 and 乙" */
static void approval_chinese(struct buf *buf, const char *rest)
{
    const char *second = strstr(rest, " and ");
    if (second)
        buf_printf(buf, "批准：%.*s、%s", (int)(second - rest), rest, second + strlen(" and "));
    else
        buf_printf(buf, "批准：%s", rest);
}

/* Sentences without figures. */
static const char *plain_chinese(const char *because)
{
    static const char *const plain[][2] = {
        {"receipt done", "已收到办结回执"},
        {"the directive has ended", "上级或区域预警已到期"},
        {"no level holds any more before the begin", "生效之前预报转好，各级条件均不再成立"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(plain[i][0], because) == 0)
            return plain[i][1];
    return NULL;
}

static void because_chinese(struct buf *buf, const char *because)
{
    const char *plain = plain_chinese(because);
    if (plain) {
        buf_puts(buf, plain);
        return;
    }
    const char *rest, *since = strstr(because, " unknown since ");
    if (since) {
        char *series = xstrndup(because, (size_t)(since - because));
        buf_printf(buf, "%s自", words_series(series));
        free(series);
        put_time_word(buf, since + strlen(" unknown since "));
        buf_puts(buf, "起没有有效数据");
    } else if ((rest = behind(because, "no bulletin in force for "))) {
        char *series = xstrndup(rest, strcspn(rest, ":"));
        buf_printf(buf, "%s没有有效公报：最近一期已过期", words_series(series));
        free(series);
    } else if ((rest = behind(because, "directive ")))
        directive_chinese(buf, rest);
    else if ((rest = behind(because, "approval refused: ")))
        refusal_chinese(buf, rest);
    else if ((rest = behind(because, "script failed: ")))
        buf_printf(buf, "脚本出错：%s", rest);
    else if ((rest = behind(because, "proposal ")))
        buf_printf(buf, "方案 %.*s 待批", (int)strcspn(rest, " "), rest);
    else if ((rest = behind(because, "the plan has ")))
        buf_printf(buf, "方案涉及 %.*s 项指令，超过规模上限", (int)strcspn(rest, " "), rest);
    else if ((rest = behind(because, "approved by ")))
        approval_chinese(buf, rest);
    else if ((rest = behind(because, "by ")))
        buf_printf(buf, "由 %s", rest);
    else
        test_chinese(buf, because);
}

void words_because(struct buf *buf, const char *because)
{
    struct buf words = {0};
    if (lang_get() == LANG_ZH)
        because_chinese(&words, because);
    else
        buf_puts(&words, because);
    buf_puts(buf, buf_str(&words));
    buf_release(&words);
}

/* Where the next reason begins, or NULL; a refusal has a semicolon of its own. */
static const char *next_reason(const char *text)
{
    const char *at = text;
    while ((at = strstr(at, "; ")) != NULL) {
        at += 2;
        if (!str_starts(at, "another hash"))
            return at;
    }
    return NULL;
}

void words_reasons(struct buf *buf, const char *reasons)
{
    while (reasons) {
        const char *next = next_reason(reasons);
        char *one = next ? xstrndup(reasons, (size_t)(next - 2 - reasons)) : xstrdup(reasons);
        words_because(buf, one);
        if (next)
            buf_puts(buf, tr("; ", "；"));
        free(one);
        reasons = next;
    }
}
