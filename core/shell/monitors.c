/* The registry of loggers: what the policy says of them, and finding one again. */
#include "shell/monitors.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/policy.h"
#include "shell/monitors_inner.h"
#include <stdlib.h>
#include <string.h>

struct draft *monitors_draft(struct monitors *monitors, const char *mn)
{
    int number = intern_add(&monitors->names, mn);
    if ((size_t)number < monitors->count)
        return &monitors->drafts[number];
    void *drafts = monitors->drafts;
    xgrow(&drafts, monitors->count, &monitors->capacity, sizeof *monitors->drafts);
    monitors->drafts = drafts;
    struct draft *draft = &monitors->drafts[monitors->count++];
    *draft = (struct draft){.monitor.source.mn = arena_strdup(&monitors->arena, mn),
                            .monitor.number = (size_t)number};
    return draft;
}

void draft_add(struct draft *draft, struct channel_of_monitor channel)
{
    for (size_t i = 0; i < draft->count; i++)
        if (draft->channels[i].kind == channel.kind &&
            hj212_text_equal(draft->channels[i].code, channel.code)) {
            draft->channels[i] = channel; /* the file's word stands over the policy's */
            return;
        }
    void *channels = draft->channels;
    xgrow(&channels, draft->count, &draft->capacity, sizeof *draft->channels);
    draft->channels = channels;
    draft->channels[draft->count++] = channel;
}

/* ---- codes of the policy's series ------------------------------------- */

enum hj212_kind monitors_kind(struct arena *arena, const char *code, span_ms step,
                              struct hj212_text *ret_code)
{
    const char *hyphen = strrchr(code, '-');
    *ret_code = hj212_text_of(arena_strdup(arena, code));
    for (enum hj212_kind kind = 0; hyphen && kind < HJ212_OTHER; kind++)
        if (str_equal(hj212_kind_word(kind), hyphen + 1)) {
            ret_code->size = (uint32_t)(hyphen - code);
            return kind;
        }
    return step >= HOUR_MS ? HJ212_AVG : HJ212_RTD;
}

/* Once for all subjects: there may be tens of thousands of them. */
static void list_codes(struct monitors *monitors)
{
    const struct policy *policy = monitors->policy;
    size_t count = 0;
    for (size_t i = 0; i < policy->series_count; i++)
        count += (size_t)policy->series[i].code_count;
    monitors->codes = arena_alloc(&monitors->arena, (count + 1) * sizeof *monitors->codes);
    for (size_t i = 0; i < policy->series_count; i++)
        for (int j = 0; j < policy->series[i].code_count; j++) {
            const struct series *series = &policy->series[i];
            struct channel_of_monitor channel = {.series = (int)i, .times = 1, .divide = 1};
            channel.kind =
                monitors_kind(&monitors->arena, series->codes[j], series->step, &channel.code);
            monitors->codes[monitors->code_count++] = channel;
        }
}

void draft_add_series(const struct monitors *monitors, struct draft *draft, const char *subject)
{
    for (size_t i = 0; i < monitors->code_count; i++) {
        struct channel_of_monitor channel = monitors->codes[i];
        channel.subject = subject;
        draft_add(draft, channel);
    }
}

/* Two subjects of the policy behind one MN: which code is whose, only the file can say. */
static void add_subject(struct monitors *monitors, const char *mn, const char *subject,
                        const struct yaml *node, struct findings *findings)
{
    struct draft *draft = monitors_draft(monitors, mn);
    if (!draft->subject) {
        draft->subject = subject;
        draft_add_series(monitors, draft, subject);
        return;
    }
    findings_add(findings, SEV_WARNING, "O010", yaml_place(node),
                 tr("name its points in the monitors file: points: {a21002-ZsAvg: {series: …, "
                    "subject: …}}",
                    "请在监测设备文件中用 points 逐个写明监测点所属对象"),
                 tr("MN %s is that of %s and of %s; the first counts",
                    "MN %s 同时属于 %s 和 %s，按前者处理"),
                 mn, draft->subject, subject);
}

static void add_stations(struct monitors *monitors, struct findings *findings)
{
    const struct policy *policy = monitors->policy;
    for (size_t i = 0; i < policy->station_count; i++) {
        const char *mn = yaml_text(policy->stations[i].node, "mn");
        if (mn)
            add_subject(monitors, mn, policy->stations[i].id, policy->stations[i].node, findings);
    }
}

/* A proof's meter: its point is read as the series that such a proof is judged by. */
static void add_proof(struct monitors *monitors, const char *subject, const struct proof *proof)
{
    const struct policy *policy = monitors->policy;
    const char *name = proof->series ? proof->series : policy->evidence.series[proof->kind];
    int series = name ? policy_series(policy, name) : -1;
    if (!proof->mn || !proof->point || series < 0)
        return;
    struct channel_of_monitor channel = {
        .subject = subject, .series = series, .times = 1, .divide = 1};
    channel.kind =
        monitors_kind(&monitors->arena, proof->point, policy->series[series].step, &channel.code);
    draft_add(monitors_draft(monitors, proof->mn), channel);
}

static void add_recipient(struct monitors *monitors, const struct recipient *recipient,
                          struct findings *findings)
{
    struct arena *arena = &monitors->arena;
    add_proof(monitors, recipient->id, &recipient->proof);
    for (int j = 0; j < recipient->outlet_count; j++) {
        const struct outlet *outlet = &recipient->outlets[j];
        if (outlet->mn)
            add_subject(monitors, outlet->mn,
                        arena_printf(arena, "%s/%s", recipient->id, outlet->id), outlet->node,
                        findings);
    }
    for (int j = 0; j < recipient->line_count; j++)
        if (recipient->lines[j].proof.mn)
            add_proof(monitors, arena_printf(arena, "%s/%s", recipient->id, recipient->lines[j].id),
                      &recipient->lines[j].proof);
}

/* ---- making and finding -------------------------------------------------- */

int monitors_read(struct monitors **ret_monitors, const char *path, const struct policy *policy,
                  struct findings *findings)
{
    struct monitors *monitors = xcalloc(1, sizeof *monitors);
    size_t errors = findings->errors;
    monitors->policy = policy;
    list_codes(monitors);
    add_stations(monitors, findings);
    for (size_t i = 0; i < policy->registry.count; i++)
        add_recipient(monitors, &policy->registry.recipients[i], findings);
    int err = path ? monitors_read_file(monitors, path, findings) : 0;
    if (err < 0 || findings->errors > errors) {
        monitors_free(monitors);
        return err < 0 ? err : ERR_INVALID;
    }
    for (size_t i = 0; i < monitors->count; i++) {
        monitors->drafts[i].monitor.channels = monitors->drafts[i].channels;
        monitors->drafts[i].monitor.channel_count = monitors->drafts[i].count;
    }
    *ret_monitors = monitors;
    return 0;
}

void monitors_free(struct monitors *monitors)
{
    if (!monitors)
        return;
    for (size_t i = 0; i < monitors->count; i++)
        free(monitors->drafts[i].channels);
    free(monitors->drafts);
    intern_release(&monitors->names);
    arena_release(&monitors->arena);
    free(monitors);
}

size_t monitors_count(const struct monitors *monitors)
{
    return monitors->count;
}

const struct monitor *monitors_find(const struct monitors *monitors, struct hj212_text mn)
{
    char name[128];
    if (mn.size == 0 || mn.size >= sizeof name)
        return NULL;
    memcpy(name, mn.at, mn.size);
    name[mn.size] = 0;
    int number = intern_find(&monitors->names, name);
    return number < 0 ? NULL : &monitors->drafts[number].monitor;
}

const struct channel_of_monitor *monitor_channel(const struct monitor *monitor,
                                                 const struct hj212_item *item)
{
    for (size_t i = 0; i < monitor->channel_count; i++)
        if (monitor->channels[i].kind == item->kind &&
            hj212_text_equal(item->code, monitor->channels[i].code))
            return &monitor->channels[i];
    return NULL;
}
