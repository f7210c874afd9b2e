/* What is told of evidence: the result with its values, and the tasks it makes.
 *
 * The reasons are fixed words (decision_words.c shows them to readers); what inspectors read is
 * official Chinese.  Inspectors are sent at most once a day for one thing, and somebody to a silent
 * meter once. */
#include "base/buf.h"
#include "engine/evidence.h"
#include <stdlib.h>

static const char *const result_names[EVIDENCE_RESULTS] = {"waiting", "obeyed", "late",
                                                           "not_obeyed", "no_data"};

const char *evidence_result_name(enum evidence_result result)
{
    return result_names[result];
}

static const struct recipient *recipient_of(const struct engine *engine,
                                            const struct evidence *evidence)
{
    return &engine->policy->registry.recipients[evidence->recipient];
}

static const struct series *series_of(const struct engine *engine, const struct evidence *evidence)
{
    return &engine->policy->series[evidence->series];
}

/* The text in the step's arena; the buffer is released. */
static const char *kept(struct engine *engine, struct buf *buf)
{
    const char *text = emit_text(engine, "%s", buf_str(buf));
    buf_release(buf);
    return text;
}

static const char *short_time(struct engine *engine, instant_ms instant)
{
    struct buf buf = {0};
    instant_print_short(&buf, instant, engine->policy->zone);
    return kept(engine, &buf);
}

static const char *chinese_time(struct engine *engine, instant_ms instant)
{
    struct buf buf = {0};
    instant_print_chinese(&buf, instant, engine->policy->zone);
    return kept(engine, &buf);
}

static const char *figure(struct engine *engine, micro value)
{
    struct buf buf = {0};
    micro_print(&buf, value);
    return kept(engine, &buf);
}

/* A value as its series has it: a figure, or a state's name. */
static const char *value_words(struct engine *engine, const struct evidence *evidence)
{
    const struct series *series = series_of(engine, evidence);
    int64_t state = evidence->value / MICRO;
    if (series->kind == SERIES_STATE && state >= 0 && state < series->state_count)
        return series->states[state];
    return figure(engine, evidence->value);
}

static const char *states_words(struct engine *engine, const struct evidence *evidence)
{
    const struct series *series = series_of(engine, evidence);
    const char *words = "";
    for (int i = 0; i < evidence->state_count; i++)
        words =
            emit_text(engine, "%s%s%s", words, i ? "|" : "", series->states[evidence->states[i]]);
    return words;
}

/* ---- reasons ---- */

static const char *asked_words(struct engine *engine, const struct evidence *evidence)
{
    const char *name = series_of(engine, evidence)->name;
    const char *by = short_time(engine, evidence->window + evidence->terms.within);
    if (evidence->kind == PROOF_MARK)
        return emit_text(engine, "asked: %s %s by %s", name, states_words(engine, evidence), by);
    return emit_text(engine, "asked: %s %s %s by %s", name, evidence->inclusive ? "<=" : "<",
                     figure(engine, evidence->bound), by);
}

static void explain(struct engine *engine, const struct evidence *evidence,
                    enum evidence_result result, struct decision *decision)
{
    const char *name = series_of(engine, evidence)->name;
    const struct track *track = engine_track_find(engine, evidence->subject, evidence->series);
    if (result != EVIDENCE_NO_DATA) {
        instant_ms since =
            result == EVIDENCE_NOT_OBEYED ? evidence->broken_from : evidence->shown_from;
        emit_because(engine, decision,
                     emit_text(engine, "seen: %s %s at %s since %s, learnt %s", name,
                               value_words(engine, evidence),
                               short_time(engine, evidence->seen_from), short_time(engine, since),
                               short_time(engine, engine->now)));
    } else if (!track || track->known == STEP_NONE) {
        emit_because(engine, decision, emit_text(engine, "never heard: %s", name));
    } else {
        instant_ms end = track_step_end(track, track->known, engine->policy->zone);
        emit_because(engine, decision,
                     emit_text(engine, "%s unknown since %s", name, short_time(engine, end)));
    }
    emit_because(engine, decision, asked_words(engine, evidence));
}

/* ---- official Chinese ---- */

static const char *meter_words(enum proof_kind kind)
{
    static const char *const words[PROOF_KINDS] = {"用电监测功率", "烟气自动监测流量", "工况标记",
                                                   "门禁记录管控车辆"};
    return words[kind];
}

static const char *with_unit(struct engine *engine, const struct evidence *evidence,
                             const char *value)
{
    const char *unit = evidence->kind == PROOF_GATE ? "辆次"
                       : evidence->kind == PROOF_MARK || !series_of(engine, evidence)->unit
                           ? ""
                           : series_of(engine, evidence)->unit;
    return emit_text(engine, "%s%s%s", value, *unit && evidence->kind != PROOF_GATE ? " " : "",
                     unit);
}

static const char *bound_words(struct engine *engine, const struct evidence *evidence)
{
    if (evidence->kind == PROOF_MARK)
        return emit_text(engine, "应为 %s", states_words(engine, evidence));
    return emit_text(engine, "应%s %s", evidence->inclusive ? "不超过" : "低于",
                     with_unit(engine, evidence, figure(engine, evidence->bound)));
}

/* 沈阳示例铸造有限公司（210106-0117）：重污染天气预警（橙色）要求自…起，1#炉停止生产，应于…前执行到位。
 */
static const char *order_words_of(struct engine *engine, const struct evidence *evidence)
{
    const struct recipient *recipient = recipient_of(engine, evidence);
    int level = evidence->level ? policy_level(engine->policy, evidence->level) : -1;
    const char *title = evidence->rule ? evidence->rule->title : "应急响应";
    if (level >= 0)
        title = emit_text(engine, "%s（%s）", title, engine->policy->levels[level].title);
    return emit_text(engine, "%s%s（%s）：%s要求自%s起，%s，应于%s前执行到位（指令编号%.12s）。",
                     engine->options.drill ? "【演练】" : "", recipient->name, recipient->id, title,
                     chinese_time(engine, evidence->from), evidence->ask,
                     chinese_time(engine, evidence->window + evidence->terms.within),
                     evidence->order);
}

static const char *seen_words(struct engine *engine, const struct evidence *evidence)
{
    return emit_text(
        engine, "%s（监测点 %s）%s至%s为 %s，%s", meter_words(evidence->kind), evidence->point,
        chinese_time(engine, evidence->seen_from), chinese_time(engine, evidence->seen_to),
        with_unit(engine, evidence, value_words(engine, evidence)), bound_words(engine, evidence));
}

static const char *result_text(struct engine *engine, const struct evidence *evidence,
                               enum evidence_result result)
{
    const char *order = order_words_of(engine, evidence);
    if (result == EVIDENCE_NO_DATA)
        return emit_text(engine, "%s%s（监测点 %s）没有有效数据，不能据以判断是否执行。", order,
                         meter_words(evidence->kind), evidence->point);
    const char *seen = seen_words(engine, evidence);
    if (result == EVIDENCE_NOT_OBEYED)
        return emit_text(engine, "%s%s，自%s起未见执行到位。", order, seen,
                         chinese_time(engine, evidence->broken_from));
    return emit_text(engine, "%s%s，自%s起已执行到位%s。", order, seen,
                     chinese_time(engine, evidence->shown_from),
                     result == EVIDENCE_LATE ? "，晚于规定时限" : "");
}

/* ---- decisions ---- */

static struct decision *emit_about(struct engine *engine, const struct evidence *evidence,
                                   enum decision_kind kind, enum evidence_result result)
{
    struct decision *decision = emit(engine, kind, evidence->rule);
    decision->episode = *evidence->episode ? emit_text(engine, "%s", evidence->episode) : NULL;
    decision->level = decision->from =
        evidence->level ? emit_text(engine, "%s", evidence->level) : NULL;
    explain(engine, evidence, result, decision);
    return decision;
}

static void send(struct engine *engine, const struct evidence *evidence, const char *role,
                 const char *what, enum evidence_result result, const char *text)
{
    struct decision *task = emit_about(engine, evidence, DECISION_TASK, result);
    task->to = office_for(engine, role, recipient_of(engine, evidence));
    task->order = task_id(engine, evidence->order, evidence->subject,
                          emit_text(engine, "%s/%lld", what, (long long)engine->now));
    task->judged = emit_text(engine, "%s", evidence->order);
    task->text = text;
}

static bool due_again(const struct engine *engine, instant_ms last)
{
    return last == INSTANT_NONE || engine->now - last >= DAY_MS;
}

void evidence_tell(struct engine *engine, struct evidence *evidence, enum evidence_result result)
{
    const struct track *track = engine_track_find(engine, evidence->subject, evidence->series);
    const char *text = result_text(engine, evidence, result);
    struct decision *decision = emit_about(engine, evidence, DECISION_EVIDENCE, result);
    decision->to = recipient_of(engine, evidence)->id;
    decision->subject = subject_name(engine, evidence->subject);
    decision->about = emit_text(engine, "%s", evidence->order);
    decision->result = result_names[result];
    decision->text = text;
    if (result == EVIDENCE_NO_DATA)
        evidence->silent = true;
    else
        evidence->told = result;
    if (result == EVIDENCE_NOT_OBEYED && due_again(engine, evidence->tasked)) {
        evidence->tasked = engine->now;
        send(engine, evidence, "enforcement", "not_obeyed", result,
             emit_text(engine, "%s请立即现场核查，并反馈处置结果。", text));
    }
    if (result == EVIDENCE_NO_DATA && track && track->known != STEP_NONE && !evidence->meter_told) {
        evidence->meter_told = true;
        send(engine, evidence, "district", "no_data", result,
             emit_text(engine, "%s请核查监测设备与数据传输，并现场确认执行情况。", text));
    }
}
