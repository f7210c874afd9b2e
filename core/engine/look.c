/* Looking in: values for charts. */
#include "engine/look.h"
#include "engine/inner.h"

void engine_look(const struct engine *engine, const char *subject, const char *series,
                 instant_ms from, void (*each)(void *arg, const struct looked *looked), void *arg)
{
    int subject_number = intern_find(&engine->names, subject);
    int series_number = policy_series(engine->policy, series);
    if (subject_number == INTERN_NONE || series_number < 0)
        return;
    const struct track *track = engine_track_find(engine, subject_number, series_number);
    if (!track || track->top == STEP_NONE)
        return;
    span_ms zone = engine->policy->zone;
    int64_t step = track_step(track, from, zone);
    if (track_step_start(track, step, zone) < from)
        step++;
    int64_t kept = track->top - track->keep + 1;
    step = step < kept ? kept : step;
    for (step = step < track->low ? track->low : step; step <= track->top; step++) {
        struct looked looked = {track_step_start(track, step, zone),
                                track_step_end(track, step, zone),
                                track_measured(track, step).value};
        each(arg, &looked);
    }
}
