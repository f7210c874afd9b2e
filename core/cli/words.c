/* See words.h. */
#include "cli/words.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "cli/output.h"
#include "engine/plan.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

void words_when(struct buf *buf, instant_ms instant, span_ms zone)
{
    static const char *const english[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const chinese[] = {"",     "周一", "周二", "周三",
                                          "周四", "周五", "周六", "周日"};
    struct civil c = civil_of(instant, zone);
    buf_printf(buf, "%04d-%02d-%02d %s %02d:%02d", c.year, c.month, c.day,
               lang_get() == LANG_ZH ? chinese[c.weekday] : english[c.weekday], c.hour, c.minute);
}

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

/* policy.yaml may list `districts: [{code, name}]`. */
static const char *district_name(const struct policy *policy, const char *code)
{
    const struct yaml *districts = yaml_get(policy->root, "districts");
    for (size_t i = 0; districts && i < districts->count; i++)
        if (str_equal(yaml_text(districts->items[i], "code"), code))
            return yaml_text(districts->items[i], "name");
    return NULL;
}

const char *words_district(const struct policy *policy, const char *code)
{
    if (!code)
        return tr("elsewhere", "其他");
    int area = policy_area(policy, code);
    const char *name = area >= 0 ? policy->areas[area].name : district_name(policy, code);
    return name ? name : code;
}

const char *words_measure_kind(const struct policy *policy, const char *id)
{
    const struct measure *measure = registry_measure(&policy->registry, id);
    switch (measure ? measure->kind : MEASURE_OTHER) {
    case MEASURE_STOP:
        return tr("stop", "停产停工");
    case MEASURE_LIMIT:
        return tr("limit", "限产");
    case MEASURE_BAN:
        return tr("vehicles and machinery banned", "停用车辆机械");
    case MEASURE_OTHER:
        break;
    }
    return tr("other", "其他措施");
}

const char *words_recipient(const struct policy *policy, const char *id)
{
    int position = id ? registry_find(&policy->registry, id) : -1;
    if (position < 0 || !policy->registry.recipients[position].name)
        return id ? id : "";
    return policy->registry.recipients[position].name;
}

bool share_reached(const struct share *share)
{
    return (wide)share->cut * 100 >= (wide)share->total * share->required_percent;
}

void words_percent(struct buf *buf, const struct share *share)
{
    int64_t tenths = share->total > 0 ? (int64_t)((wide)share->cut * 1000 / share->total) : 0;
    buf_printf(buf, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

bool shares_known(const struct share *shares)
{
    for (int e = 0; e < EMISSIONS; e++)
        if (shares[e].total > 0)
            return true;
    return false;
}

void print_shares(FILE *stream, const struct share *shares)
{
    for (int e = 0; e < EMISSIONS; e++) {
        const struct share *share = &shares[e];
        bool reached = share_reached(share);
        struct buf percent = {0};
        words_percent(&percent, share);
        fprintf(stream, "%s%s %s%%", e ? "   " : "", emission_label((enum emission)e),
                buf_str(&percent));
        if (share->required_percent > 0)
            fprintf(stream, " %s %d%% %s%s%s", reached ? "≥" : "<", share->required_percent,
                    ink(stream, reached ? INK_GREEN : INK_RED), reached ? "✓" : "✗",
                    ink_end(stream));
        buf_release(&percent);
    }
    fputc('\n', stream);
}
