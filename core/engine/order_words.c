/* The words that all recipients of one plan share.  See order_text.h.
 *
 * What is said of a warning is put together from its title: 重污染天气预警 at the level 橙色 is
 * 重污染天气橙色预警, as the plans of the ministry write it. */
#include "engine/order_text.h"

#include "base/arena.h"
#include "base/str.h"

#include <string.h>

/* Used where the bundle has no notices of its own. */
static const char plain_new[] = "{name}：\n"
                                "{authority}决定自{effective}起{action}。请执行以下措施：\n"
                                "{measures}\n"
                                "依据：《{document}》（{number}）。核查方式：{proof}\n"
                                "{authority}\n{issued}";
static const char plain_changed[] =
    "{name}：\n"
    "{authority}决定自{effective}起{action}。贵单位的措施调整如下：\n"
    "{changes}\n"
    "调整后须执行的全部措施：\n"
    "{measures}\n"
    "依据：《{document}》（{number}）。核查方式：{proof}\n"
    "{authority}\n{issued}";
static const char plain_released[] =
    "{name}：\n"
    "{authority}决定自{effective}起{action}。贵单位此前执行的措施同时解除。\n"
    "依据：《{document}》（{number}）。\n"
    "{authority}\n{issued}";

static const char *level_title(const struct policy *policy, int level)
{
    const struct level *item = level >= 0 ? &policy->levels[level] : NULL;

    return !item ? "" : item->title ? item->title : item->name;
}

static const char *level_response(const struct policy *policy, int level)
{
    return level >= 0 && policy->levels[level].response ? policy->levels[level].response : "";
}

static const char *titled(struct arena *arena, const struct rule *rule, const char *level)
{
    static const char warning[] = "预警";
    size_t size = strlen(rule->title), tail = sizeof(warning) - 1;

    if (!level[0])
        return rule->title;
    if (!str_ends(rule->title, warning))
        return arena_printf(arena, "%s（%s）", rule->title, level);
    return arena_printf(arena, "%.*s%s%s", (int)(size - tail), rule->title, level, warning);
}

/* "，实施Ⅱ级应急响应", or nothing where the level has no response of its own. */
static const char *responding(struct arena *arena, const char *verb, const char *response)
{
    return response[0] ? arena_printf(arena, "，%s%s应急响应", verb, response) : "";
}

static const char *changing(struct arena *arena, const struct policy *policy,
                            const struct plan_context *context, const char *verb)
{
    const char *to = level_title(policy, context->level);

    return arena_printf(arena, "将%s%s为%s%s",
                        titled(arena, context->rule, level_title(policy, context->from_level)),
                        verb, titled(arena, context->rule, to),
                        responding(arena, "实施", level_response(policy, context->level)));
}

static const char *action(struct arena *arena, const struct policy *policy,
                          const struct plan_context *context)
{
    int level = context->level >= 0 ? context->level : context->from_level;
    const char *title = titled(arena, context->rule, level_title(policy, level));
    const char *response = level_response(policy, level);
    const struct {
        const char *kind, *verb, *then;
    } kinds[] = {
        {"issue", "启动", "实施"},    {"reopen", "恢复", "实施"}, {"lift", "解除", "终止"},
        {"rota_start", "实施", NULL}, {"rota_end", "结束", NULL},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(context->kind, kinds[i].kind) == 0)
            return arena_printf(arena, "%s%s%s", kinds[i].verb, title,
                                kinds[i].then ? responding(arena, kinds[i].then, response) : "");
    if (strcmp(context->kind, "raise") == 0)
        return changing(arena, policy, context, "升级");
    if (strcmp(context->kind, "lower") == 0)
        return changing(arena, policy, context, "降级");
    return arena_printf(arena, "调整%s的生效时间", title);
}

static const char *instant_words(struct arena *arena, instant_ms instant, span_ms zone)
{
    struct buf buf = {0};
    char *words;

    instant_print_chinese(&buf, instant, zone);
    words = arena_strdup(arena, buf_str(&buf));
    buf_release(&buf);
    return words;
}

static const char *date_words(struct arena *arena, int64_t day)
{
    struct civil civil = civil_of(day * DAY_MS, 0);

    return arena_printf(arena, "%d年%d月%d日", civil.year, civil.month, civil.day);
}

static void set_document(const char *values[SLOTS], struct arena *arena, const struct rule *rule)
{
    if (!rule->basis)
        return;
    values[SLOT_DOCUMENT] = rule->basis->title;
    values[SLOT_NUMBER] = rule->basis->number;
    values[SLOT_DOCUMENT_DATE] = date_words(arena, rule->basis->date);
    values[SLOT_ARTICLE] = rule->article;
}

static const char *area_name(const struct policy *policy, const char *subject)
{
    int area = subject ? policy_area(policy, subject) : -1;

    return area >= 0 && policy->areas[area].name ? policy->areas[area].name : subject;
}

/* What has begun before it was decided takes effect when it is decided. */
static instant_ms effective_at(const struct plan_context *context)
{
    return context->begin > context->at ? context->begin : context->at;
}

static void set_values(const char *values[SLOTS], struct arena *arena, const struct policy *policy,
                       const struct plan_context *context)
{
    int level = context->level >= 0 ? context->level : context->from_level;
    instant_ms effective = effective_at(context);

    set_document(values, arena, context->rule);
    values[SLOT_ACTION] = action(arena, policy, context);
    values[SLOT_AREA] = area_name(policy, context->subject);
    values[SLOT_AUTHORITY] = policy->authority;
    values[SLOT_EFFECTIVE] = instant_words(arena, effective, policy->zone);
    values[SLOT_ISSUED] =
        instant_words(arena, context->at != 0 ? context->at : effective, policy->zone);
    values[SLOT_LEVEL] = level_title(policy, level);
    values[SLOT_RESPONSE] = level_response(policy, level);
    values[SLOT_FROM_LEVEL] = level_title(policy, context->from_level);
    values[SLOT_FROM_RESPONSE] = level_response(policy, context->from_level);
    values[SLOT_SIGNER] = level >= 0 ? policy->levels[level].signer : NULL;
    values[SLOT_TITLE] = titled(arena, context->rule, level_title(policy, level));
}

/* A rota's own template, else the common one, else plain words. */
static const char *template_text(const struct policy *policy, const struct rule *rule,
                                 enum order_change change)
{
    static const char *const names[3][2] = {
        [ORDER_NEW] = {"rota_new", "order_new"},
        [ORDER_CHANGED] = {"rota_changed", "order_changed"},
        [ORDER_RELEASED] = {"rota_released", "order_released"},
    };
    static const char *const plain[3] = {plain_new, plain_changed, plain_released};
    const char *text = rule->kind == RULE_ROTA ? policy_notice(policy, names[change][0]) : NULL;

    if (!text)
        text = policy_notice(policy, names[change][1]);
    return text ? text : plain[change];
}

static const char *level_name(const struct policy *policy, const struct plan_context *context)
{
    int level = context->level >= 0 ? context->level : context->from_level;

    return level >= 0 ? policy->levels[level].name : NULL;
}

void order_words_init(struct order_words *words, struct arena *arena, const struct policy *policy,
                      const struct plan_context *context)
{
    memset(words, 0, sizeof(*words));
    words->policy = policy;
    words->drill = context->drill;
    words->effective = effective_at(context);
    set_values(words->values, arena, policy, context);
    for (int change = ORDER_NEW; change <= ORDER_RELEASED; change++)
        words->change[change] = notice_compile(
            arena, policy, template_text(policy, context->rule, (enum order_change)change),
            level_name(policy, context), effective_at(context));
}

static void print_shares(struct buf *buf, const struct share shares[EMISSIONS])
{
    static const char *const names[EMISSIONS] = {
        [E_SO2] = "二氧化硫",
        [E_NOX] = "氮氧化物",
        [E_PM] = "颗粒物",
        [E_VOCS] = "挥发性有机物",
    };

    for (int e = 0; e < EMISSIONS; e++) {
        if (shares[e].total <= 0)
            continue;
        buf_printf(buf, "%s%s", buf->size > 0 ? "、" : "", names[e]);
        share_print(buf, &shares[e]);
        buf_puts(buf, "%");
    }
}

const char *public_text(struct arena *arena, const struct order_words *words,
                        const struct plan_context *context, const struct plan *plan)
{
    const char *values[SLOTS];
    struct buf name = {0}, shares = {0}, text = {0};
    const char *source, *result = NULL;

    buf_printf(&name, "public_%s", context->kind);
    source = policy_notice(words->policy, buf_str(&name));
    if (source && context->rule->kind == RULE_WARNING) {
        struct notice_template template =
            notice_compile(arena, words->policy, source, level_name(words->policy, context),
                           effective_at(context));

        memcpy(values, words->values, sizeof(values));
        print_shares(&shares, plan->shares);
        values[SLOT_SHARES] = buf_str(&shares);
        values[SLOT_RECIPIENTS] = arena_printf(arena, "%zu", plan->bound);
        if (words->drill)
            buf_puts(&text, "【演练】");
        notice_print(&text, &template, values);
        result = arena_strndup(arena, buf_str(&text), text.size);
    }
    buf_release(&name);
    buf_release(&shares);
    buf_release(&text);
    return result;
}
