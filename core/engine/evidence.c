/* See evidence.h.  Values are folded as they come, a run being what no contrary value has broken;
 * one that comes late or corrects another is put in its place by folding anew what the track still
 * has. */
#include "engine/evidence.h"
#include "base/xalloc.h"
#include <stdlib.h>

void evidence_init(struct engine *engine)
{
    const struct registry *registry = &engine->policy->registry;
    engine->evidence_slots = xcalloc(registry->count + 1, sizeof *engine->evidence_slots);
    size_t slot = 0;
    for (size_t i = 0; i < registry->count; i++) {
        engine->evidence_slots[i] = (int)slot;
        slot += (size_t)registry->recipients[i].line_count + 1;
    }
    engine->evidence_slot_count = slot;
    engine->evidences = xcalloc(slot + 1, sizeof(struct evidence *));
    engine->evidence_armed = xcalloc(slot + 1, sizeof *engine->evidence_armed);
    for (size_t i = 0; i < slot; i++)
        engine->evidence_armed[i] = INSTANT_NONE;
}

void evidence_free(struct evidence *evidence)
{
    if (!evidence)
        return;
    free(evidence->episode);
    free(evidence->level);
    free(evidence->ask);
    free(evidence->point);
    free(evidence);
}

void evidence_release(struct engine *engine)
{
    for (size_t i = 0; i < engine->evidence_slot_count; i++)
        evidence_free(engine->evidences[i]);
    free(engine->evidences);
    free(engine->evidence_slots);
    free(engine->evidence_armed);
}

enum evidence_result evidence_standing(const struct evidence *evidence)
{
    return evidence->silent ? EVIDENCE_NO_DATA : evidence->told;
}

size_t evidence_slot(const struct engine *engine, int recipient, int line)
{
    int lines = engine->policy->registry.recipients[recipient].line_count;
    return (size_t)(engine->evidence_slots[recipient] + (line >= 0 ? line : lines));
}

/* ---- values ---- */

static bool shows(const struct evidence *evidence, const struct cell *cell)
{
    wide bound = (wide)evidence->bound * cell->den;
    if (evidence->kind != PROOF_MARK)
        return evidence->inclusive ? cell->num <= bound : cell->num < bound;
    for (int i = 0; i < evidence->state_count; i++)
        if (cell->num == (wide)evidence->states[i] * MICRO * cell->den)
            return true;
    return false;
}

/* When the time began that a value at `at` counts for: the order's effect, or this day's part of
 * the day; INSTANT_NONE: it does not count. */
static instant_ms window_of(const struct evidence *evidence, instant_ms at, span_ms zone)
{
    if (evidence->minutes >= 24 * 60)
        return evidence->from;
    int64_t minute = (at + zone) / MINUTE_MS % (24 * 60);
    int64_t into = (minute - evidence->from_minute + 24 * 60) % (24 * 60);
    if (into >= evidence->minutes)
        return INSTANT_NONE;
    instant_ms begin = at - (at + zone) % MINUTE_MS - into * MINUTE_MS;
    return begin > evidence->from ? begin : evidence->from;
}

static void forget_runs(struct evidence *evidence)
{
    evidence->shown_from = evidence->steady_from = evidence->broken_from = INSTANT_NONE;
}

static void take_value(struct evidence *evidence, bool shown, instant_ms start, instant_ms end)
{
    bool gap = evidence->seen_to != INSTANT_NONE &&
               start - evidence->seen_to > evidence->terms.no_data_after;
    if (shown) {
        if (evidence->shown_from == INSTANT_NONE)
            evidence->shown_from = evidence->steady_from = start;
        else if (gap)
            evidence->steady_from = start; /* silence shows nothing */
        evidence->broken_from = INSTANT_NONE;
    } else {
        if (evidence->broken_from == INSTANT_NONE || gap)
            evidence->broken_from = start;
        evidence->shown_from = evidence->steady_from = INSTANT_NONE;
    }
    evidence->seen_from = start;
    evidence->seen_to = end;
}

static void fold(const struct engine *engine, struct evidence *evidence, const struct track *track,
                 int64_t step)
{
    span_ms zone = engine->policy->zone;
    const struct cell *cell = track_cell(track, step);
    instant_ms start = track_step_start(track, step, zone);
    instant_ms window = window_of(evidence, start, zone);
    if (cell->state != CELL_KNOWN || start < evidence->from || window == INSTANT_NONE)
        return;
    if (window != evidence->window)
        forget_runs(evidence);
    evidence->window = window;
    take_value(evidence, shows(evidence, cell), start, track_step_end(track, step, zone));
    evidence->value = (micro)(cell->num / cell->den);
    evidence->step = step;
}

static instant_ms if_before(instant_ms instant, instant_ms limit)
{
    return instant != INSTANT_NONE && instant < limit ? instant : INSTANT_NONE;
}

/* From the oldest value that is kept; what began before it is believed as it was. */
static void fold_anew(const struct engine *engine, struct evidence *evidence,
                      const struct track *track)
{
    instant_ms oldest = track_step_start(track, track->low, engine->policy->zone);
    evidence->shown_from = if_before(evidence->shown_from, oldest);
    evidence->steady_from = if_before(evidence->steady_from, oldest);
    if (evidence->shown_from == INSTANT_NONE || evidence->steady_from == INSTANT_NONE)
        evidence->steady_from = evidence->shown_from;
    evidence->broken_from = if_before(evidence->broken_from, oldest);
    evidence->seen_from = evidence->seen_to = INSTANT_NONE;
    evidence->step = STEP_NONE;
    for (int64_t step = track->low; step <= track->top; step++)
        fold(engine, evidence, track, step);
}

/* ---- the result ---- */

static instant_ms deadline_of(const struct evidence *evidence)
{
    return evidence->window + evidence->terms.within;
}

static enum evidence_result result_of(const struct evidence *evidence)
{
    const struct evidence_terms *terms = &evidence->terms;
    instant_ms deadline = deadline_of(evidence);
    if (evidence->shown_from != INSTANT_NONE) {
        if (evidence->seen_to - evidence->steady_from < terms->staying)
            return EVIDENCE_WAITING;
        return evidence->shown_from <= deadline ? EVIDENCE_OBEYED : EVIDENCE_LATE;
    }
    if (evidence->broken_from == INSTANT_NONE || evidence->seen_from < deadline)
        return EVIDENCE_WAITING;
    instant_ms since = evidence->broken_from > deadline ? evidence->broken_from : deadline;
    return evidence->seen_to - since >= terms->above_for ? EVIDENCE_NOT_OBEYED : EVIDENCE_WAITING;
}

static void settle(struct engine *engine, struct evidence *evidence)
{
    enum evidence_result result = result_of(evidence);
    if (result == EVIDENCE_WAITING || result == evidence->told)
        return;
    evidence_tell(engine, evidence, result);
    bool obeyed = result == EVIDENCE_OBEYED || result == EVIDENCE_LATE;
    evidence->over = obeyed && evidence->terms.until_obeyed;
}

/* Heard again by a valid value that is not itself old: what a meter kept and sends later (补传) may
 * change the result, but does not say that it is connected now. */
static void hear_again(const struct engine *engine, struct evidence *evidence,
                       const struct track *track, int64_t step)
{
    instant_ms end = track_step_end(track, step, engine->policy->zone);
    if (!evidence->silent || track->known != step ||
        engine->now - end >= evidence->terms.no_data_after)
        return;
    evidence->silent = false;
    evidence->told = EVIDENCE_WAITING; /* the result is told again, even when it is what it was */
}

void evidence_value(struct engine *engine, const struct subject *subject, const struct track *track,
                    int64_t step)
{
    if (subject->outlet >= 0 && subject->line < 0)
        return;
    size_t slot = evidence_slot(engine, subject->recipient, subject->line);
    struct evidence *evidence = engine->evidences[slot];
    if (!evidence || evidence->series != track->series || evidence->over)
        return;
    hear_again(engine, evidence, track, step);
    if (step > evidence->step)
        fold(engine, evidence, track, step);
    else
        fold_anew(engine, evidence, track);
    settle(engine, evidence);
    evidence_arm(engine, slot);
}

/* ---- silence ---- */

/* The order's own time must be over, and the newest valid value too old. */
static instant_ms silent_at(const struct engine *engine, const struct evidence *evidence)
{
    const struct track *track = engine_track_find(engine, evidence->subject, evidence->series);
    instant_ms heard = evidence->from, deadline = evidence->from + evidence->terms.within;
    if (track && track->known != STEP_NONE) {
        instant_ms end = track_step_end(track, track->known, engine->policy->zone);
        heard = end > heard ? end : heard;
    }
    heard += evidence->terms.no_data_after;
    return heard > deadline ? heard : deadline;
}

instant_ms *evidence_armed(struct engine *engine, uint32_t slot, instant_ms *ret_due)
{
    const struct evidence *evidence = engine->evidences[slot];
    bool waits = evidence && !evidence->over && !evidence->silent;
    *ret_due = waits ? silent_at(engine, evidence) : INSTANT_NONE;
    return &engine->evidence_armed[slot];
}

void evidence_arm(struct engine *engine, size_t slot)
{
    instant_ms due, *armed = evidence_armed(engine, (uint32_t)slot, &due);
    timer_set(engine, TIMER_EVIDENCE, (uint32_t)slot, due, armed);
}

void evidence_timer(struct engine *engine, uint32_t slot)
{
    struct evidence *evidence = engine->evidences[slot];
    if (evidence && !evidence->over && !evidence->silent)
        evidence_tell(engine, evidence, EVIDENCE_NO_DATA);
}
