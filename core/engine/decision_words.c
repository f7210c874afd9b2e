/* See decision_words.h.  The engine gives reasons in a small fixed language (verdict_words and its
 * neighbours); here each of its sentences is known.  One that is not is shown as it stands, never
 * dropped. */
#include "engine/decision_words.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

void words_span(struct buf *buf, span_ms span)
{
    const struct {
        span_ms size;
        const char *word;
    } units[] = {
        {DAY_MS, tr(" d", "天")}, {HOUR_MS, tr(" h", "小时")}, {MINUTE_MS, tr(" min", "分钟")}};
    bool printed = false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t count = span / units[i].size;
        span %= units[i].size;
        if (count == 0)
            continue;
        buf_printf(buf, "%s%lld%s", printed ? tr(" ", "") : "", (long long)count, units[i].word);
        printed = true;
    }
    if (!printed)
        buf_printf(buf, "0%s", tr(" min", "分钟"));
}

const char *words_kind(enum decision_kind kind)
{
    switch (kind) {
    case DECISION_ISSUE:
        return tr("issued", "发布");
    case DECISION_RAISE:
        return tr("raised", "升级");
    case DECISION_LOWER:
        return tr("lowered", "降级");
    case DECISION_LIFT:
        return tr("lifted", "解除");
    case DECISION_REOPEN:
        return tr("reopened", "重启");
    case DECISION_ORDER:
        return tr("order", "指令");
    case DECISION_RELEASE:
        return tr("release", "复产");
    case DECISION_TASK:
        return tr("task", "任务");
    case DECISION_ALARM:
        return tr("alarm", "报警");
    case DECISION_CLEAR:
        return tr("cleared", "销警");
    case DECISION_ROTA_START:
        return tr("rota begins", "错峰开始");
    case DECISION_ROTA_END:
        return tr("rota ends", "错峰结束");
    case DECISION_PROPOSE:
        return tr("proposed", "待批");
    case DECISION_EVIDENCE:
        return tr("evidence", "核查");
    case DECISION_ACT:
        return tr("act", "操作");
    case DECISION_KINDS_ALL:
        break;
    }
    return "?";
}

const char *words_level(const struct policy *policy, const char *level)
{
    if (!level)
        return tr("none", "无");
    int position = policy_level(policy, level);
    if (lang_get() != LANG_ZH || position < 0)
        return level;
    return policy->levels[position].title;
}

const char *words_series(const char *series)
{
    static const struct {
        const char *name;
        const char *english, *chinese;
    } known[] = {
        {"aqi_day", "daily AQI", "日AQI"},
        {"aqi_24h", "24 h AQI", "滑动24小时AQI"},
        {"aqi_hour", "hourly AQI", "小时AQI"},
        {"iaqi_o3_day", "daily ozone index", "臭氧日分指数"},
        {"iaqi_pm25_day", "daily PM2.5 index", "PM2.5日分指数"},
        {"nox_zs", "NOx (converted)", "氮氧化物折算值"},
        {"so2_zs", "SO2 (converted)", "二氧化硫折算值"},
        {"pm_zs", "particulates (converted)", "颗粒物折算值"},
        {"production_kw", "production power", "生产用电功率"},
        {"treatment_kw", "treatment power", "治污用电功率"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, series) == 0)
            return tr(known[i].english, known[i].chinese);
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

/* Sentences with holes.  In English a hole (%) takes what lies before the words that follow it, the
 * last one all that is left.  In Chinese a digit says which hole stands there, behind a letter that
 * says what it holds: s a series, t a time, n names parted by commas, w further words of this
 * language, x anything. */
static const struct sentence {
    const char *english, *chinese;
} sentences[] = {
    {"receipt done", "已收到办结回执"},
    {"the directive has ended", "上级或区域预警已到期"},
    {"no level holds any more before the begin", "生效之前预报转好，各级条件均不再成立"},
    {"no valid values from %", "缺有效数据的站点：%n1"},
    {"no bulletin in force for %: the last is too old", "%s1没有有效公报：最近一期已过期"},
    {"bulletin %: no area % or no series %", "公报 %x1：没有区域 %x2 或序列 %x3"},
    {"bulletin % does not fit the steps of %", "公报 %x1 与%s2的时段不符，未采用"},
    {"reading of % at % does not fit the steps of %: not used",
     "%x1 在 %t2 的读数与%s3的时段不符，未采用"},
    {"directive %: no warning of % has a level %", "上级或区域预警 %x1：%x2 的预警没有 %x3 级"},
    {"directive % until further notice", "上级或区域预警 %x1，至另行通知"},
    {"directive % until %", "上级或区域预警 %x1，至%t2"},
    {"directive %", "上级或区域预警 %x1"},
    {"decision % by % concerns nothing: %", "%x2 的决定 %x1 没有对应的事项：%x3"},
    {"approval refused: %", "批准未生效：%w1"},
    {"a proposal is filed with a reason", "归档须写明理由"},
    {"the bundle's author may not approve", "政策包的编写人不得批准"},
    {"two different persons must approve", "须由两名不同人员批准"},
    {"nothing waits for approval", "没有待批的方案"},
    {"the recipients hold other orders now: it must be proposed again",
     "各单位现行指令已变，须重新提出方案"},
    {"the plan that waits is %", "待批的方案是 %x1"},
    {"there is no level %", "没有 %x1 级"},
    {"script failed: %", "脚本出错：%x1"},
    {"proposal % waits for approval", "方案 %x1 待批"},
    {"the plan has % orders, more than the limit of %", "方案涉及 %x1 项指令，超过规模上限 %x2"},
    {"approved by % alone, by break-glass", "批准：%x1（紧急授权，一人决定）"},
    {"by % alone, by break-glass: %", "由 %x1（紧急授权，一人决定）：%x2"},
    {"by % alone, by break-glass", "由 %x1（紧急授权，一人决定）"},
    {"approved by % and %", "批准：%x1、%x2"},
    {"approved by %", "批准：%x1"},
    {"by %: %", "由 %x1：%x2"},
    {"by %", "由 %x1"},
    {"every act says why", "每项操作都须写明理由"},
    {"who breaks the glass says why", "紧急授权须写明理由"},
    {"who breaks the glass names a plan or a level", "紧急授权须写明方案号或级别"},
    {"nothing waits for approval: plan % was released by % at %",
     "没有待批的方案：方案 %x1 已由%n2于 %t3 签发"},
    {"an approval names the plan: the plan that waits is %", "批准须写明方案号，待批的方案是 %x1"},
    {"the plan is unusually large: the act names its % orders",
     "方案规模异常，须两人签发并写明其指令数 %x1"},
    {"no warning is in force", "当前没有生效的预警"},
    {"there is no warning %; there is %", "没有 %x1 这一预警，现有 %n2"},
    {"nothing would change", "与现行状态相同，无需操作"},
    {"it concerns nothing", "所指的方案、预警或区域不存在"},
    {"held until %", "暂缓至%t1"},
    {"filed by itself: plan %, nobody has acted for %", "自动归档：方案 %x1 在 %x2 内无人处理"},
    {"break-glass: % alone: %", "紧急授权：%x1一人决定，理由：%x2"},
    {"the plan has % orders, the usual plan %", "方案涉及 %x1 项指令，通常为 %x2 项"},
    {"the plan has % orders, the list % recipients, the limit % percent",
     "方案涉及 %x1 项指令，清单共 %x2 家，规模上限 %x3%"},
    {"act % by %: %", "%w1：%x2，理由：%x3"},
    {"act % by %", "%w1：%x2"},
    {"approve", "批准"},
    {"hold", "暂缓"},
    {"file", "归档"},
    {"lift", "人工解除"},
    {"override", "人工定级"},
    {"break_glass", "紧急授权"},
    {"seen: % % at % since %, learnt %", "%s1为 %x2（%t3），自%t4起，%t5获知"},
    {"asked: % % % by %", "要求%s1 %x2 %x3，%t4前到位"},
    {"asked: % % by %", "要求%s1为 %x2，%t3前到位"},
    {"never heard: %", "%s1从未有数据"},
    {"% unknown since %", "%s1自%t2起没有有效数据"},
    {"% was said before with other content", "%x1 曾以不同内容上报，本次未采用"},
};
enum { HOLES_MAX = 5 };

/* What the holes of `english` hold in `text` (caller frees); false when it is another sentence. */
static bool matches(const char *english, const char *text, char *holes[HOLES_MAX])
{
    int count = 0;
    while (*english) {
        if (*english != '%') {
            if (*english++ != *text++)
                return false;
            continue;
        }
        size_t size = strcspn(++english, "%");
        char *words = xstrndup(english, size);
        const char *end = size > 0 ? strstr(text, words) : text + strlen(text);
        free(words);
        if (!end)
            return false;
        holes[count++] = xstrndup(text, (size_t)(end - text));
        text = end;
    }
    return *text == '\0';
}

static void because_chinese(struct buf *buf, const char *because);

/* "甲, 乙" → 甲、乙 */
static void put_names(struct buf *buf, const char *names)
{
    const char *comma;
    for (; (comma = strstr(names, ", ")) != NULL; names = comma + 2) {
        buf_add(buf, names, (size_t)(comma - names));
        buf_puts(buf, "、");
    }
    buf_puts(buf, names);
}

static void put_hole(struct buf *buf, char what, const char *text)
{
    if (what == 's')
        buf_puts(buf, words_series(text));
    else if (what == 't')
        put_time_word(buf, text);
    else if (what == 'w')
        because_chinese(buf, text);
    else if (what == 'n')
        put_names(buf, text);
    else
        buf_puts(buf, text);
}

static void put_chinese(struct buf *buf, const char *chinese, char *const holes[HOLES_MAX])
{
    for (; *chinese; chinese++) {
        if (*chinese == '%') {
            put_hole(buf, chinese[1], holes[chinese[2] - '1']);
            chinese += 2;
        } else {
            buf_putc(buf, *chinese);
        }
    }
}

static void because_chinese(struct buf *buf, const char *because)
{
    bool known = false;
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences && !known; i++) {
        char *holes[HOLES_MAX] = {NULL};
        known = matches(sentences[i].english, because, holes);
        if (known)
            put_chinese(buf, sentences[i].chinese, holes);
        for (int k = 0; k < HOLES_MAX; k++)
            free(holes[k]);
    }
    if (!known)
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

void words_reasons(struct buf *buf, const char *reasons)
{
    while (reasons) {
        const char *end = strstr(reasons, "; ");
        char *one = end ? xstrndup(reasons, (size_t)(end - reasons)) : xstrdup(reasons);
        words_because(buf, one);
        if (end)
            buf_puts(buf, tr("; ", "；"));
        free(one);
        reasons = end ? end + 2 : NULL;
    }
}
