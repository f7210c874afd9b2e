/* The text of the standard (§3.2), element by element. */
#include "model/cap_check.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const categories[] = {"Geo",    "Met",   "Safety",    "Security",
                                         "Rescue", "Fire",  "Health",    "Env",
                                         "Infra",  "CBRNE", "Transport", "Other"};
static const char *const responses[] = {"Shelter", "Evacuate", "Prepare",  "Execute", "Avoid",
                                        "Monitor", "Assess",   "AllClear", "None"};
static const char *const urgencies[] = {"Immediate", "Expected", "Future", "Past", "Unknown"};
static const char *const severities[] = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"};
static const char *const certainties[] = {"Observed", "Likely", "Possible", "Unlikely", "Unknown"};

struct check {
    const struct cap_alert *alert;
    struct findings *findings;
};

static void refuse(const struct check *check, const char *element, const char *hint,
                   const char *problem)
{
    struct place place = {.file = check->alert->identifier ? check->alert->identifier : "CAP"};
    findings_add(check->findings, SEV_ERROR, "Q001", place, hint, "%s: %s", element, problem);
}

static void need(const struct check *check, const char *element, const char *text)
{
    if (!text || !*text)
        refuse(check, element, NULL, tr("must be given", "必须填写"));
}

static void need_one_of(const struct check *check, const char *element, const char *word,
                        const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(word, known[i]))
            return;
    }
    char *hint = str_join(known, count, ", ");
    refuse(check, element, hint, tr("this is no word of CAP 1.2", "不是 CAP 1.2 规定的取值"));
    free(hint);
}

static void need_name(const struct check *check, const char *element, const char *text)
{
    if (!text || !*text || strpbrk(text, " \t\r\n,<&"))
        refuse(check, element, NULL,
               tr("must be given, without blanks, commas, `<` and `&`",
                  "必须填写，且不含空格、逗号、< 和 &"));
}

static void check_values(const struct check *check, const char *element,
                         const struct cap_values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        need(check, element, values->items[i].name);
        need(check, element, values->items[i].value);
    }
}

/* The pattern of the schema has four digits for the year. */
static void check_instant(const struct check *check, const char *element, instant_ms instant)
{
    if (instant == INSTANT_NONE)
        return;
    int year = civil_of(instant, check->alert->zone).year;
    if (year < 1 || year > 9999)
        refuse(check, element, NULL, tr("the year has not four digits", "年份不是四位数"));
}

static void check_area(const struct check *check, const struct cap_area *area)
{
    need(check, "areaDesc", area->description);
    check_values(check, "geocode", &area->geocodes);
    if (area->point_count > 0 && area->point_count < 3)
        refuse(check, "polygon", NULL,
               tr("a polygon has three corners at least", "多边形至少有三个顶点"));
    for (size_t i = 0; i < area->point_count; i++) {
        const struct cap_point *point = &area->outline[i];
        if (point->lat < -90 * (micro)MICRO || point->lat > 90 * (micro)MICRO ||
            point->lon < -180 * (micro)MICRO || point->lon > 180 * (micro)MICRO) {
            refuse(check, "polygon", tr("latitude first, then longitude", "先纬度，后经度"),
                   tr("a corner is not on the Earth", "顶点坐标超出范围"));
            return;
        }
    }
}

static void check_info(const struct check *check, const struct cap_info *info)
{
    need(check, "language", info->language);
    need(check, "event", info->event);
    if (info->categories.count == 0)
        refuse(check, "category", NULL, tr("must be given", "必须填写"));
    for (size_t i = 0; i < info->categories.count; i++)
        need_one_of(check, "category", info->categories.items[i], categories, COUNT(categories));
    for (size_t i = 0; i < info->responses.count; i++)
        need_one_of(check, "responseType", info->responses.items[i], responses, COUNT(responses));
    need_one_of(check, "urgency", info->urgency, urgencies, COUNT(urgencies));
    need_one_of(check, "severity", info->severity, severities, COUNT(severities));
    need_one_of(check, "certainty", info->certainty, certainties, COUNT(certainties));
    check_values(check, "eventCode", &info->event_codes);
    check_values(check, "parameter", &info->parameters);
    check_instant(check, "effective", info->effective);
    check_instant(check, "onset", info->onset);
    check_instant(check, "expires", info->expires);
    for (size_t i = 0; i < info->resource_count; i++) {
        need(check, "resourceDesc", info->resources[i].description);
        need(check, "mimeType", info->resources[i].media_type);
    }
    for (size_t i = 0; i < info->area_count; i++)
        check_area(check, &info->areas[i]);
}

static void check_chain(const struct check *check)
{
    const struct cap_alert *alert = check->alert;
    if (alert->type != CAP_ALERT && alert->reference_count == 0)
        refuse(check, "references", NULL,
               tr("an update or a cancellation must name what it replaces",
                  "更新或取消必须写明所针对的消息"));
    if (alert->type == CAP_ALERT && alert->reference_count > 0)
        refuse(check, "references", NULL,
               tr("a first alert replaces nothing", "首次发布不应引用其他消息"));
    for (size_t i = 0; i < alert->reference_count; i++) {
        const struct cap_reference *reference = &alert->references[i];
        need_name(check, "references", reference->sender);
        need_name(check, "references", reference->identifier);
        check_instant(check, "references", reference->sent);
        if (reference->sent == INSTANT_NONE || reference->sent > alert->sent)
            refuse(check, "references", NULL,
                   tr("what is replaced must have been sent before", "所引用的消息应早于本消息"));
    }
}

int cap_check(const struct cap_alert *alert, struct findings *findings)
{
    struct check check = {alert, findings};
    size_t errors = findings->errors;
    need_name(&check, "identifier", alert->identifier);
    need_name(&check, "sender", alert->sender);
    check_instant(&check, "sent", alert->sent);
    if (alert->sent == INSTANT_NONE)
        refuse(&check, "sent", NULL, tr("must be given", "必须填写"));
    if (alert->scope == CAP_RESTRICTED)
        need(&check, "restriction", alert->restriction);
    if (alert->scope == CAP_PRIVATE)
        need(&check, "addresses", alert->addresses);
    if (alert->type != CAP_CANCEL && alert->info_count == 0)
        refuse(&check, "info", NULL, tr("there is nothing to say", "没有任何内容"));
    check_chain(&check);
    for (size_t i = 0; i < alert->info_count; i++)
        check_info(&check, &alert->infos[i]);
    return findings->errors == errors ? 0 : ERR_INVALID;
}
