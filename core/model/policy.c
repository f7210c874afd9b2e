/* Looking things up in a policy.  Walks: an authority has dozens of stations and series, and the
 * engine keeps positions, not names. */
#include "model/policy.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

int policy_area(const struct policy *policy, const char *code)
{
    for (size_t i = 0; i < policy->area_count; i++) {
        if (strcmp(policy->areas[i].code, code) == 0)
            return (int)i;
    }
    return -1;
}

int policy_station(const struct policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->station_count; i++) {
        if (strcmp(policy->stations[i].id, id) == 0)
            return (int)i;
    }
    return -1;
}

int policy_series(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->series_count; i++) {
        if (strcmp(policy->series[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int policy_level(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->level_count; i++) {
        if (strcmp(policy->levels[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static bool has_part(const struct recipient *recipient, const char *part)
{
    for (int i = 0; i < recipient->line_count; i++) {
        if (strcmp(recipient->lines[i].id, part) == 0)
            return true;
    }
    for (int i = 0; i < recipient->outlet_count; i++) {
        if (strcmp(recipient->outlets[i].id, part) == 0)
            return true;
    }
    return false;
}

bool policy_knows_subject(const struct policy *policy, const char *name)
{
    if (policy_station(policy, name) >= 0 || policy_area(policy, name) >= 0 ||
        registry_find(&policy->registry, name) >= 0)
        return true;
    const char *slash = strrchr(name, '/');
    if (!slash)
        return false;
    char *owner = xstrndup(name, (size_t)(slash - name));
    int number = registry_find(&policy->registry, owner);
    free(owner);
    return number >= 0 && has_part(&policy->registry.recipients[number], slash + 1);
}

const struct document *policy_document(const struct policy *policy, const char *key)
{
    for (size_t i = 0; i < policy->document_count; i++) {
        if (strcmp(policy->documents[i].key, key) == 0)
            return &policy->documents[i];
    }
    return NULL;
}

const char *policy_notice(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->notice_count; i++) {
        if (strcmp(policy->notices[i].name, name) == 0)
            return policy->notices[i].text;
    }
    return NULL;
}

bool figure_is_dated(const struct yaml *node)
{
    return node && node->kind == YAML_LIST && node->count > 0 &&
           yaml_get(node->items[0], "valid_from") != NULL;
}

/* The dates were checked when the bundle was read: they rise. */
const struct yaml *figure_at(const struct yaml *node, instant_ms now, span_ms zone)
{
    if (!figure_is_dated(node))
        return node;
    int64_t today = civil_day(now, zone);
    const struct yaml *value = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const char *text = yaml_text(node->items[i], "valid_from");
        int64_t day;
        if (!text || date_parse(text, &day) < 0 || day > today)
            break;
        value = yaml_get(node->items[i], "value");
    }
    return value;
}
