/* See words.h. */
#include "cli/words.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "cli/output.h"
#include "engine/plan.h"
#include "model/policy.h"

void words_when(struct buf *buf, instant_ms instant, span_ms zone)
{
    static const char *const english[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const chinese[] = {"",     "周一", "周二", "周三",
                                          "周四", "周五", "周六", "周日"};
    struct civil c = civil_of(instant, zone);
    buf_printf(buf, "%04d-%02d-%02d %s %02d:%02d", c.year, c.month, c.day,
               lang_get() == LANG_ZH ? chinese[c.weekday] : english[c.weekday], c.hour, c.minute);
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
        share_print(&percent, share);
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
