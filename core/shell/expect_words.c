/* Expectations in words. */
#include "shell/expect_words.h"
#include "base/lang.h"
#include "base/str.h"
#include "model/policy.h"

/* Decisions and levels in the reader's language; in English as the file has them. */
static const char *kind_word(int kind)
{
    static const char *const chinese[] = {[DECISION_ISSUE] = "发布",
                                          [DECISION_RAISE] = "升级",
                                          [DECISION_LOWER] = "降级",
                                          [DECISION_LIFT] = "解除",
                                          [DECISION_REOPEN] = "重启",
                                          [DECISION_ORDER] = "指令",
                                          [DECISION_RELEASE] = "解除指令",
                                          [DECISION_TASK] = "任务",
                                          [DECISION_ALARM] = "报警",
                                          [DECISION_CLEAR] = "销警",
                                          [DECISION_ROTA_START] = "错峰开始",
                                          [DECISION_ROTA_END] = "错峰结束",
                                          [DECISION_PROPOSE] = "提出方案",
                                          [DECISION_EVIDENCE] = "核查结果",
                                          [DECISION_ACT] = "操作"};
    return tr(decision_kind_name((enum decision_kind)kind), chinese[kind]);
}

static const char *level_word(const struct policy *policy, const char *level)
{
    int position = policy && level ? policy_level(policy, level) : -1;
    if (str_equal(level, "none"))
        return tr("none", "无预警");
    return position >= 0 && lang_get() == LANG_ZH ? policy->levels[position].title : level;
}

static void offset_print(struct buf *buf, const struct scenario *scenario, span_ms offset)
{
    scenario_print_offset(buf, scenario, scenario->start + offset);
}

static void window_print(struct buf *buf, const struct scenario *scenario,
                         const struct expect *expect)
{
    if (expect->after >= 0) {
        struct buf within = {0};
        span_print(&within, expect->within);
        buf_printf(buf, tr(" within %s of %s", "，在 %s 内（自 %s 起）"), buf_str(&within),
                   scenario->injects[expect->after].id);
        buf_release(&within);
    }
    if (expect->not_before != MOMENT_NONE && !expect->exact) {
        buf_puts(buf, expect->throughout ? tr(" throughout ", "，自始至终 ")
                                         : tr(" not before ", "，不早于 "));
        offset_print(buf, scenario, expect->not_before);
    }
    if (expect->by == MOMENT_NONE)
        return;
    buf_puts(buf, expect->throughout ? " .. "
                  : expect->exact    ? tr(" at ", "，于 ")
                                     : tr(" by ", "，不晚于 "));
    offset_print(buf, scenario, expect->by);
}

static void counts_print(struct buf *buf, const struct expect *expect)
{
    if (expect->count >= 0)
        buf_printf(buf, tr("exactly %d × ", "恰好 %d 条："), expect->count);
    else if (expect->at_least >= 0 && expect->at_most >= 0)
        buf_printf(buf, tr("%d to %d × ", "%d 至 %d 条："), expect->at_least, expect->at_most);
    else if (expect->at_least >= 0)
        buf_printf(buf, tr("at least %d × ", "至少 %d 条："), expect->at_least);
    else if (expect->at_most >= 0)
        buf_printf(buf, tr("at most %d × ", "至多 %d 条："), expect->at_most);
}

static void word_print(struct buf *buf, const char *word, const char *value)
{
    if (value)
        buf_printf(buf, " %s=%s", word, value);
}

/* `where`, as it was written. */
static void where_print(struct buf *buf, const struct who *where)
{
    for (size_t i = 0; where->node && i < where->node->count; i++) {
        const struct yaml *item = where->node->items[i];
        buf_printf(buf, " %s=", where->node->keys[i]->text);
        for (size_t k = 0; item->kind == YAML_LIST && k < item->count; k++)
            buf_printf(buf, "%s%s", k ? "|" : "", item->items[k]->text);
        if (item->kind == YAML_SCALAR)
            buf_puts(buf, item->text);
    }
}

static void texts_print(struct buf *buf, const char *word, const struct who_list *list)
{
    for (int i = 0; i < list->count; i++)
        buf_printf(buf, tr(" %s “%s”", " %s“%s”"), word, list->items[i]);
}

static const char *sort_word(const struct expect *expect)
{
    if (expect->decision >= 0)
        return kind_word(expect->decision);
    switch (expect->kind) {
    case EXPECT_ORDERS:
        return kind_word(DECISION_ORDER);
    case EXPECT_TASK:
        return kind_word(DECISION_TASK);
    case EXPECT_ALARM:
        return kind_word(DECISION_ALARM);
    case EXPECT_TEXT:
        return tr("text", "文本");
    default:
        return tr("any decision", "任何决定");
    }
}

static void decision_print_words(struct buf *buf, const struct scenario *scenario,
                                 const struct expect *expect)
{
    if (expect->kind == EXPECT_ABSENCE)
        buf_puts(buf, tr("no ", "不应有 "));
    counts_print(buf, expect);
    buf_puts(buf, sort_word(expect));
    word_print(buf, tr("level", "级别"), level_word(scenario->policy, expect->level));
    word_print(buf, tr("from", "原级别"), level_word(scenario->policy, expect->from));
    word_print(buf, tr("rule", "规则"), expect->rule);
    word_print(buf, tr("to", "对象"), expect->to);
    word_print(buf, tr("measure", "措施"), expect->measure);
    where_print(buf, &expect->where);
    texts_print(buf, tr("with", "含"), &expect->has);
    texts_print(buf, tr("without", "不含"), &expect->lacks);
    texts_print(buf, tr("because", "理由含"), &expect->because);
}

static void sequence_print(struct buf *buf, const struct scenario *scenario,
                           const struct expect *expect)
{
    for (int i = 0; i < expect->step_count; i++) {
        const struct expect_step *step = &expect->steps[i];
        buf_puts(buf, i ? ", " : "");
        if (step->at != MOMENT_NONE) {
            offset_print(buf, scenario, step->at);
            buf_putc(buf, ' ');
        }
        buf_puts(buf, kind_word(step->kind));
        if (step->level)
            buf_printf(buf, tr(" %s", "%s"), level_word(scenario->policy, step->level));
    }
    if (expect->step_count == 0)
        buf_puts(buf, tr("no transition", "没有变化"));
}

static void shares_print(struct buf *buf, const struct scenario *scenario,
                         const struct expect *expect)
{
    buf_puts(buf, tr("shares", "减排比例"));
    for (int e = 0; e < EMISSIONS; e++)
        if (expect->percent[e] >= 0)
            buf_printf(buf, " %s≥%d%%", emission_label((enum emission)e), expect->percent[e]);
    word_print(buf, tr("level", "级别"), level_word(scenario->policy, expect->level));
}

void expect_print(struct buf *buf, const struct scenario *scenario, const struct expect *expect)
{
    switch (expect->kind) {
    case EXPECT_LEVEL:
        buf_printf(buf, tr("level %s", "级别为%s"), level_word(scenario->policy, expect->level));
        break;
    case EXPECT_SEQUENCE:
        sequence_print(buf, scenario, expect);
        break;
    case EXPECT_ACK:
    case EXPECT_EVIDENCE:
        buf_printf(buf,
                   expect->kind == EXPECT_ACK ? tr("%d.%d%% acknowledged", "%d.%d%% 已确认")
                                              : tr("%d.%d%% reported done", "%d.%d%% 已报执行"),
                   expect->share_per_mille / 10, expect->share_per_mille % 10);
        break;
    case EXPECT_SHARES:
        shares_print(buf, scenario, expect);
        break;
    case EXPECT_MANUAL:
        buf_puts(buf, expect->text ? expect->text : tr("judged by a person", "由评估员判定"));
        break;
    default:
        decision_print_words(buf, scenario, expect);
    }
    window_print(buf, scenario, expect);
}

void decision_words_print(struct buf *buf, const struct policy *policy, const struct record *record)
{
    buf_printf(buf, tr(" %s", "%s"), kind_word(record->kind));
    if (record->level)
        buf_printf(buf, tr(" %s", "%s"), level_word(policy, record->level));
}

void transitions_print(struct buf *buf, const struct run *run, const char *rule)
{
    bool any = false;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (!record_is_transition(record) || (rule && !str_equal(rule, record->rule)))
            continue;
        buf_puts(buf, any ? ", " : "");
        scenario_print_offset(buf, run->scenario, record->at);
        buf_puts(buf, tr("", " "));
        decision_words_print(buf, run->policy, record);
        any = true;
    }
    if (!any)
        buf_puts(buf, tr("no transition", "没有变化"));
}

void because_print(struct buf *buf, const struct record *record)
{
    for (int i = 0; i < record->because_count; i++)
        buf_printf(buf, "%s%s", i ? "; " : "", record->because[i]);
}
