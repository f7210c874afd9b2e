/* Silence: what a rule observes and what stays unknown.
 *
 * A vanished sensor or bulletin never reads as recovery.  It raises one alarm per rule and series,
 * and again only after the series was known. */
#include "base/buf.h"
#include "engine/warning.h"

/* Since when the series is unknown: the end of its newest known step; for one that was never known,
 * the time by which a feed that works would have filled its first value. */
static instant_ms unknown_since(const struct engine *engine, const struct ladder *ladder,
                                const struct condition *clause)
{
    const struct area_state *area = &engine->areas[ladder->rule->area];
    const struct track *track = engine_track_find(engine, area->subject, clause->series);
    const struct series *series = &engine->policy->series[clause->series];
    if (track && track->known != STEP_NONE)
        return track->top == track->known
                   ? INSTANT_NONE
                   : track_step_end(track, track->known, engine->policy->zone);
    return area->since == INSTANT_NONE ? INSTANT_NONE : area->since + series->span + series->step;
}

/* When it will have been unknown for too long; INSTANT_NONE: it is known, or told already. */
static instant_ms silence_due(const struct engine *engine, const struct ladder *ladder,
                              const struct condition *clause)
{
    instant_ms since = unknown_since(engine, ladder, clause);
    if (since == INSTANT_NONE || ladder->told[clause->number])
        return INSTANT_NONE;
    return since + engine->policy->unknown_alarm;
}

/* Calls `each` for every observed clause of the rule. */
static void
observed_clauses(struct engine *engine, struct ladder *ladder, const struct condition *condition,
                 void (*each)(struct engine *, struct ladder *, const struct condition *, void *),
                 void *arg)
{
    if (!condition)
        return;
    for (int i = 0; i < condition->count; i++)
        observed_clauses(engine, ladder, &condition->items[i], each, arg);
    if (condition->kind == CONDITION_CLAUSE && condition->view == VIEW_OBSERVED)
        each(engine, ladder, condition, arg);
}

static void all_observed(struct engine *engine, struct ladder *ladder,
                         void (*each)(struct engine *, struct ladder *, const struct condition *,
                                      void *),
                         void *arg)
{
    for (int i = 0; i < ladder->rule->level_count; i++)
        observed_clauses(engine, ladder, ladder->rule->levels[i].when, each, arg);
    observed_clauses(engine, ladder, ladder->rule->lift_when, each, arg);
}

static void earliest_silence(struct engine *engine, struct ladder *ladder,
                             const struct condition *clause, void *arg)
{
    instant_ms *due = arg, at = silence_due(engine, ladder, clause);
    if (at != INSTANT_NONE && (*due == INSTANT_NONE || at < *due))
        *due = at;
}

static void same_series_told(struct engine *engine, struct ladder *ladder,
                             const struct condition *clause, void *arg)
{
    const struct condition *told = arg;
    (void)engine;
    if (clause->series == told->series)
        ladder->told[clause->number] = true;
}

/* An alarm of the ladder, under its open episode. */
static struct decision *alarm(struct engine *engine, const struct ladder *ladder)
{
    struct decision *decision = emit(engine, DECISION_ALARM, ladder->rule);
    if (ladder->level >= 0)
        decision->episode = instance_id(
            engine, ladder->rule, engine->policy->areas[ladder->rule->area].code, ladder->start);
    decision->level = decision->from = rule_level_name(ladder->rule, ladder->level);
    return decision;
}

/* Whether the station's newest valid value of the pollutant is older than the area's newest closed
 * hour. */
static bool lacks(struct engine *engine, const struct area_state *area, int station, int series)
{
    int subject = engine_subject(engine, engine->policy->stations[station].id);
    const struct track *track = series >= 0 ? engine_track_find(engine, subject, series) : NULL;
    return series >= 0 && (!track || track->known == STEP_NONE || track->known < area->open - 1);
}

/* Whether the station gives nothing of what the series is made of: itself, its pollutant, or those
 * without which there is no index. */
static bool is_silent(struct engine *engine, const struct area_state *area, int station, int number)
{
    const struct series *series = &engine->policy->series[number];
    if (series->kind == SERIES_MEASURED)
        return lacks(engine, area, station, number);
    for (int p = 0; p < POLLUTANTS; p++) {
        bool needed = series->kind == SERIES_IAQI ? p == (int)series->pollutant
                                                  : engine->policy->required >> p & 1;
        if (needed && lacks(engine, area, station, engine->air_series[p]))
            return true;
    }
    return false;
}

/* Somebody has to go and look: at which stations? */
static void name_silent(struct engine *engine, struct decision *decision, int number, int series)
{
    const struct area *area = &engine->policy->areas[number];
    struct buf names = {0};
    for (int i = 0; i < area->station_count; i++)
        if (is_silent(engine, &engine->areas[number], area->stations[i], series))
            buf_printf(&names, "%s%s", names.size > 0 ? ", " : "",
                       engine->policy->stations[area->stations[i]].id);
    if (names.size > 0)
        emit_because(engine, decision,
                     emit_text(engine, "no valid values from %s", buf_str(&names)));
    buf_release(&names);
}

static void tell_silence(struct engine *engine, struct ladder *ladder,
                         const struct condition *clause, void *arg)
{
    (void)arg;
    instant_ms since = unknown_since(engine, ladder, clause);
    if (since == INSTANT_NONE)
        ladder->told[clause->number] = false;
    instant_ms due = silence_due(engine, ladder, clause);
    if (due == INSTANT_NONE || due > engine->now)
        return;
    struct buf words = {0};
    instant_print_short(&words, since, engine->policy->zone);
    struct decision *decision = alarm(engine, ladder);
    emit_because(engine, decision,
                 emit_text(engine, "%s unknown since %s",
                           engine->policy->series[clause->series].name, buf_str(&words)));
    name_silent(engine, decision, ladder->rule->area, clause->series);
    buf_release(&words);
    /* one alarm per rule and series, however many clauses look at it */
    all_observed(engine, ladder, same_series_told, (void *)(uintptr_t)clause);
}

/* A bulletin that is too old is none: told once by the first rule that looks at its series. */
static void tell_stale(struct engine *engine, int subject, const struct condition *condition,
                       struct decision *(*raise)(struct engine *, void *), void *arg)
{
    for (int i = 0; condition && i < condition->count; i++)
        tell_stale(engine, subject, &condition->items[i], raise, arg);
    if (!condition || condition->kind != CONDITION_CLAUSE ||
        (condition->view != VIEW_FORECAST && condition->view != VIEW_TIMELINE))
        return;
    struct track *track = engine_track_find(engine, subject, condition->series);
    if (!track || track->bulletin_count == 0)
        return;
    bool stale = track_bulletin_stale(track, engine->now, engine->policy->bulletin_max_age);
    if (stale && !track->stale_told)
        emit_because(engine, raise(engine, arg),
                     emit_text(engine, "no bulletin in force for %s: the last is too old",
                               engine->policy->series[condition->series].name));
    track->stale_told = stale;
}

static struct decision *raise_of_ladder(struct engine *engine, void *ladder)
{
    return alarm(engine, ladder);
}

void tell_stale_bulletins(struct engine *engine, struct ladder *ladder)
{
    int subject = engine->areas[ladder->rule->area].subject;
    for (int i = 0; i < ladder->rule->level_count; i++)
        tell_stale(engine, subject, ladder->rule->levels[i].when, raise_of_ladder, ladder);
    tell_stale(engine, subject, ladder->rule->lift_when, raise_of_ladder, ladder);
}

static struct decision *raise_of_rota(struct engine *engine, void *rota)
{
    return emit(engine, DECISION_ALARM, ((struct rota_state *)rota)->rule);
}

void tell_stale_for_rota(struct engine *engine, struct rota_state *rota, int subject)
{
    tell_stale(engine, subject, rota->rule->on, raise_of_rota, rota);
}

void tell_silences(struct engine *engine, struct ladder *ladder)
{
    all_observed(engine, ladder, tell_silence, NULL);
}

instant_ms silences_due(const struct engine *engine, struct ladder *ladder)
{
    instant_ms due = INSTANT_NONE;
    all_observed((struct engine *)(uintptr_t)engine, ladder, earliest_silence, &due);
    return due;
}
