/* Judging expectations over what a run recorded.
 *
 * One function a kind; each says whether it was met, when, and in words what came instead.  Nothing
 * is changed, so an expectation can be judged at its deadline and again at the end. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/expect_words.h"
#include <stdlib.h>
#include <string.h>

struct window {
    instant_ms from, to; /* both included */
    bool never;          /* the inject it counts from has not begun */
};

static struct window window_of(const struct expect *expect, const struct run *run, instant_ms now)
{
    struct window window = {INT64_MIN, INT64_MAX, false};
    instant_ms start = run->scenario->start;
    if (expect->not_before != MOMENT_NONE)
        window.from = start + expect->not_before;
    if (expect->by != MOMENT_NONE)
        window.to = start + expect->by;
    if (expect->after >= 0) {
        instant_ms begun = run->begun[expect->after];
        window.never = begun == INSTANT_NONE;
        window.from = begun;
        window.to = begun + (window.never ? 0 : expect->within);
    }
    if (now != INSTANT_NONE && window.to > now)
        window.to = now;
    return window;
}

static bool in_window(const struct window *window, instant_ms at)
{
    return !window->never && at >= window->from && at <= window->to;
}

/* ---- which decisions are meant ---- */

static bool kind_meant(const struct expect *expect, const struct record *record)
{
    if (expect->decision >= 0)
        return (int)record->kind == expect->decision;
    if (record->kind > DECISION_PROPOSE)
        return false; /* acts and evidence: only when named */
    switch (expect->kind) {
    case EXPECT_ORDERS:
        return record->kind == DECISION_ORDER;
    case EXPECT_TASK:
        return record->kind == DECISION_TASK;
    case EXPECT_ALARM:
        return record->kind == DECISION_ALARM;
    case EXPECT_TEXT:
        return record->text != NULL;
    default:
        return true;
    }
}

static bool text_meant(const char *wanted, const char *text)
{
    return !wanted || str_equal(wanted, text) || (!text && str_equal(wanted, "none"));
}

static bool measure_meant(const char *measure, const struct record *record)
{
    if (!measure)
        return true;
    char *words = xasprintf("\"do\":\"%s\"", measure);
    bool has = record->measures && strstr(record->measures, words);
    free(words);
    return has;
}

static bool where_meant(const struct expect *expect, const struct run *run,
                        const struct record *record)
{
    if (!expect->where.node)
        return true;
    return record->recipient >= 0 &&
           who_has(&expect->where, &run->policy->registry.recipients[record->recipient]);
}

/* True when text or reasons hold all the words. */
static bool has_words(const struct record *record, const struct who_list *words)
{
    struct buf all = {0};
    bool has = true;
    buf_puts(&all, record->text ? record->text : "");
    buf_putc(&all, '\n');
    because_print(&all, record);
    for (int i = 0; i < words->count && has; i++)
        has = strstr(buf_str(&all), words->items[i]) != NULL;
    buf_release(&all);
    return has;
}

static const char *found_word(const struct record *record, const struct who_list *words)
{
    for (int i = 0; i < words->count; i++)
        if (record->text && strstr(record->text, words->items[i]))
            return words->items[i];
    return NULL;
}

static bool because_meant(const struct expect *expect, const struct record *record)
{
    for (int i = 0; i < expect->because.count; i++) {
        bool found = false;
        for (int k = 0; k < record->because_count && !found; k++)
            found = strstr(record->because[k], expect->because.items[i]) != NULL;
        if (!found)
            return false;
    }
    return true;
}

/* Everything but the window, the reasons and, for texts, their words. */
static bool nearly_meant(const struct expect *expect, const struct run *run,
                         const struct record *record)
{
    bool words = expect->kind == EXPECT_TEXT ||
                 (has_words(record, &expect->has) && !found_word(record, &expect->lacks));
    return kind_meant(expect, record) && text_meant(expect->level, record->level) &&
           text_meant(expect->from, record->from) && text_meant(expect->rule, record->rule) &&
           text_meant(expect->to, record->to) && measure_meant(expect->measure, record) &&
           where_meant(expect, run, record) && words;
}

static bool meant(const struct expect *expect, const struct run *run, const struct record *record)
{
    return nearly_meant(expect, run, record) && because_meant(expect, record);
}

/* The first that only its reasons keep from being meant, to show these. */
static const struct record *with_other_reasons(const struct expect *expect, const struct run *run,
                                               const struct window *window)
{
    for (size_t i = 0; i < run->record_count; i++)
        if (in_window(window, run->records[i].at) && nearly_meant(expect, run, &run->records[i]))
            return &run->records[i];
    return NULL;
}

/* ---- outcomes ---- */

static char *words_of(void (*print)(struct buf *, const struct run *, const char *),
                      const struct run *run, const char *rule)
{
    struct buf buf = {0};
    print(&buf, run, rule);
    return buf_detach(&buf);
}

static char *because_of(const struct record *record)
{
    struct buf buf = {0};
    if (!record || record->because_count == 0)
        return NULL;
    because_print(&buf, record);
    return buf_detach(&buf);
}

static char *offset_of(const struct run *run, instant_ms at)
{
    struct buf buf = {0};
    scenario_print_offset(&buf, run->scenario, at);
    return buf_detach(&buf);
}

static void settle(struct expect_result *result, bool met, instant_ms at)
{
    result->outcome = met ? OUTCOME_MET : OUTCOME_FAILED;
    result->at = met ? at : INSTANT_NONE;
}

/* ---- kinds ---- */

static bool level_is(const struct expect *expect, const struct run *run, instant_ms at)
{
    const char *level = run_level_at(run, expect->rule, at);
    return str_equal(level ? level : "none", expect->level);
}

static const struct record *last_transition(const struct run *run, const char *rule, instant_ms at)
{
    const struct record *last = NULL;
    for (size_t i = 0; i < run->record_count && run->records[i].at <= at; i++)
        if (record_is_transition(&run->records[i]) &&
            (!rule || str_equal(rule, run->records[i].rule)))
            last = &run->records[i];
    return last;
}

static void judge_level(const struct expect *expect, const struct run *run,
                        const struct window *window, struct expect_result *result)
{
    bool to_none = str_equal(expect->level, "none");
    bool met = false;
    instant_ms at = INSTANT_NONE;
    if (expect->exact) {
        met = level_is(expect, run, window->to);
        at = window->to;
    } else if (expect->throughout || (expect->not_before != MOMENT_NONE && !to_none)) {
        met = level_is(expect, run, window->from);
        at = window->from;
    }
    for (size_t i = 0; i < run->record_count && !expect->exact; i++) {
        const struct record *record = &run->records[i];
        if (!record_is_transition(record) || !in_window(window, record->at))
            continue;
        bool is = level_is(expect, run, record->at);
        if (expect->throughout ? !is : !met && is) {
            met = is;
            at = record->at;
        }
    }
    settle(result, met && !window->never, at);
    result->got = words_of(transitions_print, run, expect->rule);
    result->because = because_of(last_transition(run, expect->rule,
                                                 met                       ? at
                                                 : window->to == INT64_MAX ? run->last
                                                                           : window->to));
}

static bool step_is(const struct expect_step *step, const struct run *run,
                    const struct record *record)
{
    return step->kind == (int)record->kind &&
           (!step->level || str_equal(step->level, record->level)) &&
           (step->at == MOMENT_NONE || run->scenario->start + step->at == record->at);
}

static void judge_sequence(const struct expect *expect, const struct run *run,
                           struct expect_result *result)
{
    int step = 0;
    const struct record *spoilt = NULL;
    for (size_t i = 0; i < run->record_count && !spoilt; i++) {
        const struct record *record = &run->records[i];
        if (!record_is_transition(record) ||
            (expect->rule && !str_equal(expect->rule, record->rule)))
            continue;
        if (step < expect->step_count && step_is(&expect->steps[step], run, record))
            step++;
        else
            spoilt = record;
    }
    settle(result, !spoilt && step == expect->step_count, run->last);
    result->got = words_of(transitions_print, run, expect->rule);
    result->because = because_of(spoilt);
}

static bool counts_agree(const struct expect *expect, int count)
{
    if (expect->kind == EXPECT_ABSENCE)
        return count == 0;
    if (expect->count < 0 && expect->at_least < 0 && expect->at_most < 0)
        return count > 0;
    return (expect->count < 0 || count == expect->count) &&
           (expect->at_least < 0 || count >= expect->at_least) &&
           (expect->at_most < 0 || count <= expect->at_most);
}

static char *count_words(const struct run *run, const struct expect *expect, int count,
                         const struct record *first)
{
    if (!first) {
        char *all = words_of(transitions_print, run, expect->rule);
        char *words = xasprintf(tr("none (%s)", "无（%s）"), all);
        free(all);
        return words;
    }
    char *at = offset_of(run, first->at);
    struct buf what = {0};
    decision_words_print(&what, run->policy, first);
    char *words = xasprintf(tr("%d, the first at %s:%s%s%s", "%d 条，首条在 %s：%s%s%s"), count, at,
                            buf_str(&what), first->to ? " → " : "", first->to ? first->to : "");
    buf_release(&what);
    free(at);
    return words;
}

static void judge_count(const struct expect *expect, const struct run *run,
                        const struct window *window, struct expect_result *result)
{
    int count = 0;
    const struct record *first = NULL;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (!in_window(window, record->at) || !meant(expect, run, record))
            continue;
        first = first ? first : record;
        count++;
    }
    bool absence = expect->kind == EXPECT_ABSENCE;
    settle(result, counts_agree(expect, count) && (absence || !window->never),
           first ? first->at : run->last);
    result->got = count_words(run, expect, count, first);
    result->because = because_of(first ? first : with_other_reasons(expect, run, window));
}

static void judge_text(const struct expect *expect, const struct run *run,
                       const struct window *window, struct expect_result *result)
{
    int count = 0;
    const struct record *first = NULL, *spoilt = NULL;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (!in_window(window, record->at) || !meant(expect, run, record))
            continue;
        first = first ? first : record;
        count++;
        if (!spoilt && (!has_words(record, &expect->has) || found_word(record, &expect->lacks)))
            spoilt = record;
    }
    settle(result, first && !spoilt && counts_agree(expect, count), first ? first->at : 0);
    result->got = spoilt ? xasprintf("%s: %s", spoilt->to ? spoilt->to : "-",
                                     spoilt->text ? spoilt->text : "")
                         : count_words(run, expect, count, first);
    if (!first)
        first = with_other_reasons(expect, run, window);
    result->because = because_of(spoilt ? spoilt : first);
}

static int instant_compare(const void *a, const void *b)
{
    instant_ms x = *(const instant_ms *)a, y = *(const instant_ms *)b;
    return (x > y) - (x < y);
}

enum { METER_SILENT = 0, METER_SHOWS, METER_DOES_NOT };

/* What one meter said last of the order, and since when it shows that it is obeyed. */
static int meter_says(const struct run *run, const struct record *first, instant_ms until,
                      instant_ms *ret_at)
{
    int says = METER_SILENT;
    for (const struct record *record = first; record < run->records + run->record_count; record++) {
        if (record->kind != DECISION_EVIDENCE || record->at > until ||
            !str_equal(record->about, first->about) || !str_equal(record->subject, first->subject))
            continue;
        bool heard = record->because_count > 0 && !str_starts(record->because[0], "never heard");
        bool shows = str_equal(record->result, "obeyed") || str_equal(record->result, "late");
        if (shows && says != METER_SHOWS)
            *ret_at = record->at;
        says = shows ? METER_SHOWS : heard ? METER_DOES_NOT : says;
    }
    return says;
}

/* When it was seen that the order is carried out: by all meters that have spoken of it; without
 * any, by the receipt. */
static instant_ms carried_out(const struct run *run, const struct record *order, instant_ms until)
{
    instant_ms latest = INSTANT_NONE, at = INSTANT_NONE;
    for (const struct record *record = order; record < run->records + run->record_count; record++) {
        if (record->kind != DECISION_EVIDENCE || !str_equal(record->about, order->order))
            continue;
        int says = meter_says(run, record, until, &at);
        if (says == METER_DOES_NOT)
            return INSTANT_NONE;
        if (says == METER_SHOWS && (latest == INSTANT_NONE || at > latest))
            latest = at;
    }
    return latest != INSTANT_NONE ? latest : order->done;
}

/* Of the orders that `of` means (or all), the share that was answered in time. */
static void judge_answers(const struct expect *expect, const struct run *run,
                          const struct window *window, struct expect_result *result)
{
    const struct expect *of = expect->of >= 0 ? &run->scenario->expects[expect->of] : NULL;
    struct window orders =
        of ? window_of(of, run, INSTANT_NONE) : (struct window){INT64_MIN, INT64_MAX, false};
    instant_ms *times = xcalloc(run->record_count + 1, sizeof *times);
    size_t total = 0, answered = 0;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        bool asked = of ? in_window(&orders, record->at) && meant(of, run, record)
                        : record->kind == DECISION_ORDER;
        if (!asked || record->at > window->to || !where_meant(expect, run, record))
            continue;
        instant_ms at = expect->kind == EXPECT_ACK ? record->acknowledged
                                                   : carried_out(run, record, window->to);
        total++;
        if (at != INSTANT_NONE && at <= window->to)
            times[answered++] = at;
    }
    size_t needed = (total * (size_t)expect->share_per_mille + 999) / 1000;
    qsort(times, answered, sizeof *times, instant_compare);
    bool met = total > 0 && answered >= needed && !window->never;
    settle(result, met, needed > 0 ? times[needed - 1] : run->last);
    result->got = xasprintf(tr("%zu of %zu (%zu.%zu%%)", "%2$zu 条中 %1$zu 条（%3$zu.%4$zu%%）"),
                            answered, total, total ? answered * 1000 / total / 10 : 0,
                            total ? answered * 1000 / total % 10 : 0);
    free(times);
}

static void judge_shares(const struct expect *expect, const struct run *run,
                         const struct window *window, struct expect_result *result)
{
    const struct record *found = NULL;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (record->planned && record_is_transition(record) && in_window(window, record->at) &&
            text_meant(expect->level, record->level) && text_meant(expect->rule, record->rule))
            found = record;
    }
    struct buf got = {0};
    bool met = found != NULL;
    for (int e = 0; e < EMISSIONS && found; e++) {
        const struct share *share = &found->shares[e];
        met = met && (expect->percent[e] < 0 ||
                      (wide)share->cut * 100 >= (wide)share->total * expect->percent[e]);
        buf_printf(&got, "%s%s ", e ? ", " : "", emission_label((enum emission)e));
        share_print(&got, share);
        buf_puts(&got, "%");
    }
    settle(result, met, found ? found->at : INSTANT_NONE);
    result->got = found ? buf_detach(&got) : count_words(run, expect, 0, NULL);
    buf_release(&got);
    result->because = because_of(found);
}

struct expect_result expect_judge(const struct expect *expect, const struct run *run,
                                  instant_ms now)
{
    struct expect_result result = {.outcome = OUTCOME_MANUAL, .at = INSTANT_NONE};
    struct window window = window_of(expect, run, now);
    struct buf expected = {0};
    expect_print(&expected, run->scenario, expect);
    result.expected = buf_detach(&expected);
    switch (expect->kind) {
    case EXPECT_LEVEL:
        judge_level(expect, run, &window, &result);
        break;
    case EXPECT_SEQUENCE:
        judge_sequence(expect, run, &result);
        break;
    case EXPECT_ACK:
    case EXPECT_EVIDENCE:
        judge_answers(expect, run, &window, &result);
        break;
    case EXPECT_SHARES:
        judge_shares(expect, run, &window, &result);
        break;
    case EXPECT_TEXT:
        judge_text(expect, run, &window, &result);
        break;
    case EXPECT_MANUAL:
        result.got = xstrdup(tr("an evaluator fills this in", "待评估员填写"));
        break;
    default:
        judge_count(expect, run, &window, &result);
    }
    return result;
}

void expect_result_release(struct expect_result *result)
{
    free(result->expected);
    free(result->got);
    free(result->because);
    *result = (struct expect_result){0};
}

instant_ms expect_deadline(const struct expect *expect, const struct run *run)
{
    if (expect->by != MOMENT_NONE)
        return run->scenario->start + expect->by;
    if (expect->after >= 0 && run->begun[expect->after] != INSTANT_NONE)
        return run->begun[expect->after] + expect->within;
    return INSTANT_NONE;
}
