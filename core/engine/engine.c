/* The engine's steps: one fact in, decisions out.
 *
 * Order within a step is fixed: what is due by time first (hours, reminders, rotas, then the timers
 * of tracks and watchers, each in a settled order), then the fact itself.  Nothing here asks a
 * clock: `now` is the fact's arrival. */
#include "engine/engine.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include "engine/inner.h"
#include <stdlib.h>
#include <string.h>

/* ---- subjects and tracks ---- */

/* "210106-0117/L1": a line, else an outlet, of that recipient. */
static void find_part(const struct engine *engine, struct subject *subject, const char *name)
{
    const char *slash = strrchr(name, '/');
    if (!slash)
        return;
    char *owner = xstrndup(name, (size_t)(slash - name));
    int recipient = registry_find(&engine->policy->registry, owner);
    free(owner);
    if (recipient < 0)
        return;
    const struct recipient *about = &engine->policy->registry.recipients[recipient];
    for (int i = 0; i < about->line_count; i++)
        if (str_equal(about->lines[i].id, slash + 1))
            subject->line = i;
    for (int i = 0; i < about->outlet_count; i++)
        if (str_equal(about->outlets[i].id, slash + 1))
            subject->outlet = i;
    if (subject->line >= 0 || subject->outlet >= 0)
        subject->recipient = recipient;
}

static struct subject subject_of(const struct engine *engine, const char *name)
{
    struct subject subject = {
        .station = policy_station(engine->policy, name),
        .area = policy_area(engine->policy, name),
        .recipient = registry_find(&engine->policy->registry, name),
        .line = -1,
        .outlet = -1,
    };
    if (subject.recipient < 0)
        find_part(engine, &subject, name);
    return subject;
}

int engine_subject(struct engine *engine, const char *name)
{
    int number = intern_add(&engine->names, name);
    if ((size_t)number == engine->subject_count) {
        xgrow((void **)&engine->subjects, engine->subject_count, &engine->subject_capacity,
              sizeof *engine->subjects);
        engine->subjects[engine->subject_count++] = subject_of(engine, name);
    }
    return number;
}

const char *subject_name(const struct engine *engine, int subject)
{
    return intern_name(&engine->names, subject);
}

struct track *engine_track_find(const struct engine *engine, int subject, int series)
{
    const int *tracks = engine->subjects[subject].tracks;
    return tracks && series >= 0 && tracks[series] >= 0 ? engine->tracks[tracks[series]] : NULL;
}

static uint32_t steps_kept(const struct engine *engine, const struct subject *subject)
{
    if (subject->area >= 0)
        return SERIES_STEPS_KEPT;
    if (subject->station >= 0 && engine->policy->stations[subject->station].area >= 0)
        return STATION_HOURS_KEPT;
    return engine->track_keep;
}

struct track *engine_track(struct engine *engine, int number, int series)
{
    struct subject *subject = &engine->subjects[number];
    if (!subject->tracks) {
        subject->tracks = xmalloc(engine->policy->series_count * sizeof *subject->tracks);
        for (size_t i = 0; i < engine->policy->series_count; i++)
            subject->tracks[i] = -1;
    }
    if (subject->tracks[series] >= 0)
        return engine->tracks[subject->tracks[series]];
    struct track *track = xmalloc(sizeof *track);
    track_init(track, number, series, &engine->policy->series[series], steps_kept(engine, subject));
    track->number = (int)engine->track_count;
    xgrow((void **)&engine->tracks, engine->track_count, &engine->track_capacity,
          sizeof *engine->tracks);
    subject->tracks[series] = track->number;
    engine->tracks[engine->track_count++] = track;
    watch_attach(engine, track);
    return track;
}

/* ---- time ---- */

static instant_ms sooner(instant_ms a, instant_ms b)
{
    if (a == INSTANT_NONE)
        return b;
    return b == INSTANT_NONE || a < b ? a : b;
}

instant_ms engine_due_by(struct engine *engine, instant_ms horizon)
{
    if (engine->now == INSTANT_NONE)
        return INSTANT_NONE;
    instant_ms due = sooner(air_due(engine), timer_due(engine, horizon));
    due = sooner(sooner(due, warning_due(engine)), rota_due(engine));
    if (due != INSTANT_NONE && due < engine->now)
        due = engine->now; /* a late reading may show that a silence is overdue */
    return due != INSTANT_NONE && due <= horizon ? due : INSTANT_NONE;
}

instant_ms engine_due(struct engine *engine)
{
    return engine_due_by(engine, INT64_MAX);
}

instant_ms engine_now(const struct engine *engine)
{
    return engine->now;
}

static void tick(struct engine *engine)
{
    air_tick(engine);
    warning_tick(engine);
    rota_tick(engine);
    timer_tick(engine);
}

/* ---- facts ---- */

static bool has_flag(const char *flags, char flag)
{
    return flags && flag && strchr(flags, flag);
}

/* Null, flagged invalid or out of bounds: reported, and contributes nothing. */
static struct cell cell_of(const struct series *series, const struct reading_value *value)
{
    struct cell cell = {.state = CELL_UNKNOWN};
    if (has_flag(series->stopped_flags, value->flag)) {
        cell.state = CELL_KNOWN;
        cell.den = 1;
        return cell;
    }
    if (value->value == MICRO_NONE || value->value < series->low || value->value > series->high ||
        (value->flag && !has_flag(series->valid_flags, value->flag)))
        return cell;
    cell.state = CELL_KNOWN;
    cell.num = value->value;
    cell.den = 1;
    return cell;
}

static void alarm_about(struct engine *engine, const char *words)
{
    emit_because(engine, emit(engine, DECISION_ALARM, NULL), words);
}

/* A reading speaks of one step of its series: it begins with the step and covers it.  Another is
 * kept in the journal and not used; that is told once, until one fits again. */
static bool fits(struct engine *engine, const struct fact *fact, struct track *track, int64_t step)
{
    span_ms zone = engine->policy->zone;
    bool fitting = fact->time == track_step_start(track, step, zone) &&
                   (fact->reading.period == 0 || fact->reading.period == track->step);
    if (!fitting && !track->misfit_told) {
        struct buf at = {0};
        instant_print(&at, fact->time, zone);
        alarm_about(engine,
                    emit_text(engine, "reading of %s at %s does not fit the steps of %s: not used",
                              fact->subject, buf_str(&at),
                              engine->policy->series[track->series].name));
        buf_release(&at);
    }
    track->misfit_told = !fitting;
    return fitting;
}

static int32_t learnt_after(const struct fact *fact, const struct track *track, int64_t step,
                            span_ms zone)
{
    int64_t after = (fact->arrival - track_step_end(track, step, zone)) / SECOND_MS;
    return after > INT32_MAX ? INT32_MAX : after < INT32_MIN ? INT32_MIN : (int32_t)after;
}

/* Facts come in regular order, so the series of the next value is often the one after the last, or
 * the same. */
static int series_of(struct engine *engine, const char *name)
{
    const struct intern *names = &engine->series_names;
    for (uint32_t ahead = 0; ahead < 2; ahead++) {
        uint32_t guess = engine->last_series + ahead;
        if (guess < names->count && strcmp(names->names[guess], name) == 0) {
            engine->last_series = guess;
            return (int)guess;
        }
    }
    int found = intern_find(names, name);
    engine->last_series = found < 0 ? 0 : (uint32_t)found;
    return found;
}

static void read_value(struct engine *engine, const struct fact *fact, int number,
                       const struct reading_value *value)
{
    int series = series_of(engine, value->series);
    if (series < 0)
        return; /* a series this policy does not know: journaled, nobody asks for it */
    struct track *track = engine_track(engine, number, series);
    int64_t step = track_step(track, fact->time, engine->policy->zone);
    if (!fits(engine, fact, track, step))
        return;
    struct cell cell = cell_of(&engine->policy->series[series], value);
    cell.learnt_s = learnt_after(fact, track, step, engine->policy->zone);
    bool fresh = track_cell(track, step)->state == CELL_ABSENT;
    if (!track_put(track, step, cell))
        return; /* older than what is kept */
    watch_value(engine, track);
    const struct subject *subject = &engine->subjects[number];
    if (subject->recipient >= 0)
        evidence_value(engine, subject, track, step);
    if (subject->station >= 0)
        air_reading(engine, subject, track, step, fresh);
}

static void take_reading(struct engine *engine, const struct fact *fact)
{
    const char *last = intern_name(&engine->names, engine->last_subject);
    int subject = last && strcmp(last, fact->subject) == 0 ? engine->last_subject
                                                           : engine_subject(engine, fact->subject);
    engine->last_subject = subject;
    for (int i = 0; i < fact->reading.count; i++)
        read_value(engine, fact, subject, &fact->reading.values[i]);
}

static void take_forecast(struct engine *engine, const struct fact *fact)
{
    int series = intern_find(&engine->series_names, fact->forecast.series);
    int subject = engine_subject(engine, fact->subject);
    int area = engine->subjects[subject].area;
    if (series < 0 || area < 0) {
        alarm_about(engine, emit_text(engine, "bulletin %s: no area %s or no series %s", fact->id,
                                      fact->subject, fact->forecast.series));
        return;
    }
    air_heard(engine, area);
    if (!track_bulletin_add(engine_track(engine, subject, series), &engine->policy->series[series],
                            fact, engine->policy->zone)) {
        alarm_about(engine, emit_text(engine, "bulletin %s does not fit the steps of %s", fact->id,
                                      fact->forecast.series));
        return;
    }
    warning_evaluate_area(engine, area);
    rota_bulletin(engine, area);
}

static void take_failure(struct engine *engine, const struct fact *fact)
{
    xgrow((void **)&engine->obeyed, engine->obeyed_count, &engine->obeyed_capacity,
          sizeof *engine->obeyed);
    engine->obeyed[engine->obeyed_count++] =
        (struct obeyed){xstrdup(fact->failure.rule), xstrdup(fact->failure.message)};
}

static void take(struct engine *engine, const struct fact *fact)
{
    if (fact->conflict) {
        alarm_about(engine, emit_text(engine, "%s %s was said before with other content",
                                      fact->source, fact->id));
        return;
    }
    switch (fact->kind) {
    case FACT_READING:
        take_reading(engine, fact);
        break;
    case FACT_FORECAST:
        take_forecast(engine, fact);
        break;
    case FACT_DIRECTIVE:
        if (!warning_directive(engine, fact))
            alarm_about(engine, emit_text(engine, "directive %s: no warning of %s has a level %s",
                                          fact->id, fact->subject, fact->directive.level));
        break;
    case FACT_INCIDENT:
        watch_incident(engine, fact);
        break;
    case FACT_DECISION:
        if (!warning_decision(engine, fact))
            alarm_about(engine,
                        emit_text(engine, "decision %s by %s concerns nothing: %s", fact->id,
                                  fact->decision.by, fact->subject ? fact->subject : "-"));
        break;
    case FACT_RECEIPT:
        watch_receipt(engine, fact);
        break;
    case FACT_FAILURE:
        take_failure(engine, fact);
        break;
    case FACT_TICK:
    case FACT_POLICY:
        break;
    }
}

enum { DECISIONS_KEPT = 1024 }; /* room for so many is left standing between steps */

static void forget_step(struct engine *engine)
{
    engine_forget_plans(engine);
    arena_reset(&engine->arena);
    engine->decision_count = 0;
}

void engine_rest(struct engine *engine)
{
    forget_step(engine);
    if (engine->decision_capacity <= DECISIONS_KEPT)
        return;
    free(engine->decisions);
    engine->decisions = NULL;
    engine->decision_capacity = 0;
}

int engine_step(struct engine *engine, const struct fact *fact, struct step *ret_step)
{
    bool first = engine->now == INSTANT_NONE;
    if (!first && fact->arrival < engine->now)
        return ERR_INVALID;
    forget_step(engine);
    engine->now = fact->arrival;
    engine->fact = fact;
    if (fact->kind == FACT_TICK || first)
        tick(engine);
    take(engine, fact);
    if (fact->kind != FACT_FAILURE && engine->obeyed_count > 0)
        engine_forget_failures(engine);
    engine->fact = NULL;
    *ret_step = (struct step){engine->decisions, engine->decision_count};
    return 0;
}
