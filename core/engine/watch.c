/* Watches: one instance for each subject the rule watches.
 *
 * An instance opens when `when` holds, passes its steps (each a task to somebody) as the run grows
 * or as time goes by, and ends when clear_when holds.  A value concerns only the rules that are
 * attached to its track, so rules that look elsewhere cost nothing.  A silent monitor neither opens
 * nor clears: it raises its own alarm, or the rule's first task where the rule says on_unknown =
 * "task". */
#include "engine/watch.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct watcher *watcher_new(struct engine *engine, const struct rule *rule, int subject)
{
    struct watcher *watcher = xcalloc(1, sizeof *watcher);
    watcher->rule = rule;
    watcher->subject = subject;
    watcher->level = -1;
    watcher->armed = watcher->looked = INSTANT_NONE;
    watcher->runs = xcalloc((size_t)rule->condition_count + 1, sizeof *watcher->runs);
    runs_prepare(engine, watcher);
    watcher->number = (int)engine->watcher_count;
    xgrow((void **)&engine->watchers, engine->watcher_count, &engine->watcher_capacity,
          sizeof *engine->watchers);
    engine->watchers[engine->watcher_count++] = watcher;
    struct subject *about = &engine->subjects[subject];
    xgrow((void **)&about->watchers, about->watcher_count, &about->watcher_capacity,
          sizeof(struct watcher *));
    about->watchers[about->watcher_count++] = watcher;
    return watcher;
}

static struct watcher *watcher_of(struct engine *engine, const struct rule *rule, int subject)
{
    const struct subject *about = &engine->subjects[subject];
    for (size_t i = 0; i < about->watcher_count; i++)
        if (about->watchers[i]->rule == rule && !about->watchers[i]->event)
            return about->watchers[i];
    return watcher_new(engine, rule, subject);
}

/* A new track asks once which rules watch it. */
void watch_attach(struct engine *engine, struct track *track)
{
    const int *rules = engine->series_watches[track->series];
    for (; rules && *rules >= 0; rules++) {
        const struct rule *rule = &engine->rules[*rules];
        const char *failure = NULL;
        bool selected = subject_selected(engine, &rule->per, track->subject, &failure);
        if (failure)
            emit_failure(engine, rule, failure);
        if (!selected)
            continue;
        struct watcher *watcher = watcher_of(engine, rule, track->subject);
        xgrow((void **)&track->watchers, (size_t)track->watcher_count, &track->watcher_capacity,
              sizeof(struct watcher *));
        track->watchers[track->watcher_count++] = watcher;
    }
}

/* ---- words and identities ---- */

const char *watcher_id(struct engine *engine, const struct watcher *watcher)
{
    return instance_id(engine, watcher->rule, subject_name(engine, watcher->subject),
                       watcher->opened);
}

/* An event's instance has no level, a plain watch's one level has no name. */
static const char *level_name(const struct watcher *watcher, int level)
{
    return level < 0 || watcher->rule->level_count == 0 ? NULL : watcher->rule->levels[level].name;
}

static bool named_levels(const struct rule *rule)
{
    return rule->level_count > 0 && rule->levels[0].name;
}

/* Derived from (rule, subject, start, recipient, step), like every order's identity. */
const char *watcher_task_id(struct engine *engine, const struct watcher *watcher, int step)
{
    const char *start = emit_text(engine, "%lld/%d", (long long)watcher->opened, step);
    return task_id(engine, watcher->rule->name, watcher->subject, start);
}

static struct decision *emit_watch(struct engine *engine, const struct watcher *watcher,
                                   enum decision_kind kind, int level, int from,
                                   const struct condition *because)
{
    struct decision *decision = emit(engine, kind, watcher->rule);
    decision->episode = watcher_id(engine, watcher);
    decision->level = level_name(watcher, level);
    decision->from = level_name(watcher, from);
    if (because) {
        emit_held(engine, decision, because);
        if (engine->options.trace)
            decision->trace = trace_watcher(engine, watcher, because, engine->verdicts);
    }
    return decision;
}

/* ---- asking ---- */

/* First without verdicts, since nearly all values change nothing; then again with them, for the
 * words. */
bool watcher_asks(struct engine *engine, struct watcher *watcher, const struct condition *condition,
                  bool explain, const char **failure)
{
    struct asking asking = {
        .engine = engine,
        .rule = watcher->rule,
        .subject = watcher->subject,
        .mode = ASK_WATCH,
        .watcher = watcher,
        .verdicts = explain ? engine->verdicts : NULL,
    };
    bool held = condition_holds(&asking, condition);
    if (asking.failure)
        *failure = asking.failure;
    return held && !asking.failure;
}

/* The single condition whose run a step's `lasting` measures. */
static const struct condition *run_condition(const struct rule *rule)
{
    const struct condition *when = rule->level_count > 0 ? rule->levels[0].when : NULL;
    while (when && when->kind != CONDITION_CLAUSE && !when->joint && when->count == 1)
        when = &when->items[0];
    return when;
}

/* ---- steps ---- */

static void fire(struct engine *engine, struct watcher *watcher, int number,
                 const struct condition *because)
{
    const struct watch_step *step = &watcher->rule->steps[number];
    const char *ignored = NULL;
    if (because && step->lasting.kind == FIGURE_NONE)
        watcher_asks(engine, watcher, because, true, &ignored); /* its verdicts, for the words */
    watcher->fired |= 1u << number;
    struct decision *decision =
        emit_watch(engine, watcher, DECISION_TASK, watcher->level, watcher->level, because);
    decision->to = target_name(engine, &step->to, watcher);
    decision->order = watcher_task_id(engine, watcher, number);
    decision->text = step->text ? step->text : watcher->rule->title;
}

static bool receipt_stands(const struct watcher *watcher, const char *receipt)
{
    if (!receipt)
        return false;
    if (str_equal(receipt, "acknowledged"))
        return watcher->acknowledged || watcher->done;
    return watcher->done;
}

/* Whether the run is now long enough: the same clause, asked with the step's own span. */
static bool run_lasts(struct engine *engine, struct watcher *watcher, const struct watch_step *step,
                      const char **failure)
{
    struct condition longer = *run_condition(watcher->rule);
    longer.lasting = step->lasting;
    longer.joint = longer.kind == CONDITION_ALL;
    struct run_cache kept = watcher->runs[longer.number];
    watcher->runs[longer.number].valid = false; /* kept only as far as `when` itself needs */
    bool lasts = watcher_asks(engine, watcher, &longer, true, failure);
    watcher->runs[longer.number] = kept;
    return lasts;
}

static void pass_steps(struct engine *engine, struct watcher *watcher)
{
    const struct rule *rule = watcher->rule;
    for (int i = 0; i < rule->step_count; i++) {
        const struct watch_step *step = &rule->steps[i];
        const char *failure = NULL;
        if (watcher->fired & 1u << i || receipt_stands(watcher, step->unless))
            continue;
        if (step->after.kind != FIGURE_NONE &&
            engine->now < watcher->opened + figure_span(engine, &step->after, 0))
            continue;
        if (step->lasting.kind != FIGURE_NONE && !run_lasts(engine, watcher, step, &failure)) {
            if (failure)
                emit_failure(engine, rule, failure);
            continue;
        }
        fire(engine, watcher, i, watcher->event ? NULL : run_condition(rule));
    }
}

instant_ms watcher_deadline(const struct engine *engine, const struct watcher *watcher)
{
    instant_ms due = INSTANT_NONE;
    for (int i = 0; watcher->open && i < watcher->rule->step_count; i++) {
        const struct watch_step *step = &watcher->rule->steps[i];
        if (watcher->fired & 1u << i || step->after.kind == FIGURE_NONE ||
            receipt_stands(watcher, step->unless))
            continue;
        instant_ms at = watcher->opened + figure_span(engine, &step->after, 0);
        if (at >= engine->now && at > watcher->looked && (due == INSTANT_NONE || at < due))
            due = at;
    }
    return due;
}

static void arm(struct engine *engine, struct watcher *watcher)
{
    timer_set(engine, TIMER_WATCHER, (uint32_t)watcher->number, watcher_deadline(engine, watcher),
              &watcher->armed);
}

void watch_timer(struct engine *engine, struct watcher *watcher)
{
    if (!watcher->open || engine_obeys_failure(engine, watcher->rule))
        return;
    watcher->looked = engine->now;
    pass_steps(engine, watcher);
    arm(engine, watcher);
}

/* ---- opening and closing ---- */

void watcher_open(struct engine *engine, struct watcher *watcher, int level,
                  const struct condition *because)
{
    watcher->open = true;
    watcher->done = watcher->acknowledged = false;
    watcher->opened = engine->now;
    watcher->fired = 0;
    watcher->level = level;
    if (watcher->rule->step_count == 0 || named_levels(watcher->rule))
        emit_watch(engine, watcher, DECISION_ALARM, level, -1, because);
    pass_steps(engine, watcher);
    arm(engine, watcher);
}

/* Who never heard of the beginning is not told of the end: a rule whose first step waits says
 * nothing before. */
static bool was_told(const struct watcher *watcher)
{
    return watcher->fired != 0 || watcher->rule->step_count == 0 || named_levels(watcher->rule);
}

void watcher_clear(struct engine *engine, struct watcher *watcher, const struct condition *because)
{
    if (was_told(watcher))
        emit_watch(engine, watcher, DECISION_CLEAR, -1, watcher->level, because);
    watcher->open = false;
    watcher->level = -1;
    runs_forget(watcher);
}

static int highest_level(struct engine *engine, struct watcher *watcher, const char **failure)
{
    for (int i = watcher->rule->level_count - 1; i >= 0; i--)
        if (watcher->rule->levels[i].when &&
            watcher_asks(engine, watcher, watcher->rule->levels[i].when, false, failure))
            return i;
    return -1;
}

static void change_level(struct engine *engine, struct watcher *watcher, int level)
{
    const char *failure = NULL;
    const struct condition *when = watcher->rule->levels[level].when;
    watcher_asks(engine, watcher, when, true, &failure);
    if (!watcher->open) {
        watcher_open(engine, watcher, level, when);
        return;
    }
    emit_watch(engine, watcher, level > watcher->level ? DECISION_RAISE : DECISION_LOWER, level,
               watcher->level, when);
    watcher->level = level;
}

/* Without a clear_when an instance ends when its condition is known no longer to hold. */
static bool newest_known(const struct engine *engine, const struct watcher *watcher,
                         const struct condition *condition)
{
    for (int i = 0; i < condition->count; i++)
        if (!newest_known(engine, watcher, &condition->items[i]))
            return false;
    if (condition->kind != CONDITION_CLAUSE || condition->view == VIEW_RECEIPT)
        return true;
    const struct track *track = engine_track_find(engine, watcher->subject, condition->series);
    return track && track->top != STEP_NONE && track->top == track->known;
}

static bool clears(struct engine *engine, struct watcher *watcher, int level, const char **failure)
{
    const struct condition *clear_when = watcher->rule->lift_when;
    if (!clear_when)
        return level < 0 && watcher->rule->level_count > 0 &&
               newest_known(engine, watcher, watcher->rule->levels[0].when);
    if (!watcher_asks(engine, watcher, clear_when, false, failure))
        return false;
    return watcher_asks(engine, watcher, clear_when, true, failure);
}

static void look(struct engine *engine, struct watcher *watcher)
{
    const char *failure = NULL;
    if (engine->obeyed_count > 0 && engine_obeys_failure(engine, watcher->rule))
        return;
    bool laddered = watcher->rule->level_count > 1;
    int level = watcher->open && !laddered && watcher->rule->lift_when
                    ? -1
                    : highest_level(engine, watcher, &failure);
    if (failure) {
        emit_failure(engine, watcher->rule, failure);
        return;
    }
    if (watcher->open && level < 0 && clears(engine, watcher, level, &failure))
        watcher_clear(engine, watcher, watcher->rule->lift_when);
    else if (level >= 0 && (!watcher->open || (laddered && level > watcher->level) ||
                            (laddered && watcher->rule->downgrade == DOWNGRADE_FOLLOW &&
                             level != watcher->level)))
        change_level(engine, watcher, level);
    else if (watcher->open)
        pass_steps(engine, watcher);
    if (failure)
        emit_failure(engine, watcher->rule, failure);
}

/* ---- silence ---- */

static const struct condition *observing(const struct condition *condition, int series)
{
    if (!condition)
        return NULL;
    if (condition->kind == CONDITION_CLAUSE)
        return condition->view == VIEW_OBSERVED && condition->series == series ? condition : NULL;
    for (int i = 0; i < condition->count; i++) {
        const struct condition *found = observing(&condition->items[i], series);
        if (found)
            return found;
    }
    return NULL;
}

static const struct condition *observing_clause(const struct rule *rule, int series)
{
    const struct condition *found = observing(rule->lift_when, series);
    for (int i = 0; !found && i < rule->level_count; i++)
        found = observing(rule->levels[i].when, series);
    return found;
}

/* Long steps are waited for first: a daily value is not missing at three in the morning. */
static instant_ms silent_at(const struct engine *engine, const struct track *track)
{
    span_ms wait = engine->policy->unknown_alarm;
    if (track->step > wait)
        wait += track->step;
    return track_step_end(track, track->known, engine->policy->zone) + wait;
}

/* Known again: the next silence may be told again.  What a logger makes up for of a night does not
 * end a silence before it has come near the present; else each value of it would be one more alarm.
 */
static void forget_silence(const struct engine *engine, struct watcher *watcher,
                           const struct track *track)
{
    const struct condition *clause = observing_clause(watcher->rule, track->series);
    if (clause && silent_at(engine, track) > engine->now)
        watcher->told &= ~(1u << clause->number % 32);
}

void watch_value(struct engine *engine, struct track *track)
{
    for (int i = 0; i < track->watcher_count; i++) {
        if (track->watchers[i]->told && track->top == track->known)
            forget_silence(engine, track->watchers[i], track);
        look(engine, track->watchers[i]);
    }
    if (track->watcher_count > 0)
        timer_set(engine, TIMER_TRACK, (uint32_t)track->number, watch_track_deadline(engine, track),
                  &track->armed);
}

static bool told(const struct watcher *watcher, const struct condition *clause)
{
    return watcher->told >> clause->number % 32 & 1;
}

instant_ms watch_track_deadline(const struct engine *engine, const struct track *track)
{
    if (track->known == STEP_NONE)
        return INSTANT_NONE;
    instant_ms due = silent_at(engine, track);
    if (due > engine->now)
        return due;
    for (int i = 0; i < track->watcher_count; i++) {
        const struct condition *clause = observing_clause(track->watchers[i]->rule, track->series);
        if (clause && !told(track->watchers[i], clause))
            return due;
    }
    return INSTANT_NONE;
}

static void tell_unknown(struct engine *engine, struct watcher *watcher, const struct track *track)
{
    const struct rule *rule = watcher->rule;
    bool task = rule->on_unknown == UNKNOWN_TASK && rule->step_count > 0;
    struct buf since = {0};
    struct decision *decision = emit(engine, task ? DECISION_TASK : DECISION_ALARM, watcher->rule);
    instant_print_short(&since, track_step_end(track, track->known, engine->policy->zone),
                        engine->policy->zone);
    decision->episode = instance_id(engine, rule, subject_name(engine, watcher->subject),
                                    watcher->open ? watcher->opened : engine->now);
    decision->level = decision->from = level_name(watcher, watcher->level);
    emit_because(engine, decision,
                 emit_text(engine, "%s unknown since %s",
                           engine->policy->series[track->series].name, buf_str(&since)));
    if (task) {
        decision->to = target_name(engine, &rule->steps[0].to, watcher);
        decision->order = watcher_task_id(engine, watcher, 64 + track->series);
        decision->text = emit_text(engine, "%s：监测数据中断，请核查。", rule->title);
    }
    buf_release(&since);
}

void watch_unknown(struct engine *engine, struct track *track)
{
    for (int i = 0; i < track->watcher_count; i++) {
        struct watcher *watcher = track->watchers[i];
        const struct condition *clause = observing_clause(watcher->rule, track->series);
        if (!clause || told(watcher, clause))
            continue;
        watcher->told |= 1u << clause->number % 32;
        if (watcher->rule->on_unknown != UNKNOWN_HOLD)
            tell_unknown(engine, watcher, track);
    }
}
