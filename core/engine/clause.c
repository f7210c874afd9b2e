/* Clauses: whether a condition holds, and from when.
 *
 * A clause looks at one series through one view.  In ASK_ISSUE it wants a run that counts: one that
 * reaches past now and begins soon enough.  In ASK_LIFT it wants the steps ahead.  `observed`
 * always wants the run that ends at the newest closed step.  An unknown value satisfies nothing and
 * breaks a run.  A joint ALL is treated as one clause: at each step all its parts must be
 * satisfied. */
#include "base/limits.h"
#include "base/yaml.h"
#include "engine/inner.h"

/* ---- figures ---- */

/* The text in force of a dated figure, or NULL. */
static const char *dated_text(const struct engine *engine, const struct figure *figure)
{
    const struct yaml *node = figure_at(figure->node, engine->now, engine->policy->zone);
    return node ? node->text : NULL;
}

micro figure_value(const struct engine *engine, const struct figure *figure, int subject)
{
    micro value = MICRO_NONE;
    if (figure->kind == FIGURE_CONST)
        return figure->value;
    if (figure->kind == FIGURE_LIMIT)
        return subject_limit(engine, subject, figure->path);
    const char *text = figure->kind == FIGURE_DATED ? dated_text(engine, figure) : NULL;
    return text && micro_parse(text, &value) == 0 ? value : MICRO_NONE;
}

span_ms figure_span(const struct engine *engine, const struct figure *figure, span_ms otherwise)
{
    span_ms span;
    if (figure->kind == FIGURE_CONST)
        return figure->value;
    const char *text = figure->kind == FIGURE_DATED ? dated_text(engine, figure) : NULL;
    return text && span_parse(text, &span) == 0 ? span : otherwise;
}

/* ---- one value ---- */

static bool has_state(const struct condition *clause, const struct ratio *value)
{
    for (int i = 0; i < clause->state_count; i++)
        if (ratio_compare(*value, (micro)clause->states[i] * MICRO) == 0)
            return true;
    return false;
}

struct where_arg {
    struct asking *asking;
    const struct condition *clause;
    struct track *track;
    int64_t step;
};

static struct ratio where_before(void *arg, int back)
{
    struct where_arg *where = arg;
    return clause_seen(where->asking, where->clause, where->track, where->step - back).value;
}

static struct ratio where_other(void *arg, const char *series)
{
    struct where_arg *where = arg;
    const struct engine *engine = where->asking->engine;
    int number = intern_find(&engine->series_names, series);
    struct track *other =
        number < 0 ? NULL : engine_track_find(engine, where->asking->subject, number);
    if (!other || other->step != where->track->step)
        return (struct ratio){0, 0};
    return clause_seen(where->asking, where->clause, other, where->step).value;
}

static bool where_holds(struct asking *asking, const struct condition *clause,
                        const struct track *track, int64_t step, const struct seen *seen)
{
    struct engine *engine = asking->engine;
    struct where_arg arg = {asking, clause, engine->tracks[track->number], step};
    struct where_value value = {
        .subject = subject_name(engine, track->subject),
        .series = engine->policy->series[track->series].name,
        .time = track_step_start(track, step, engine->policy->zone),
        .value = seen->value,
        .before = where_before,
        .other = where_other,
        .arg = &arg,
    };
    bool holds = false;
    const char *failure = NULL;
    if (asking->failure)
        return false;
    if (script_where_value(engine->program, clause->where, &value, &holds, &failure) < 0) {
        asking->failure = emit_text(engine, "%s", failure ? failure : "script failed");
        return false;
    }
    return holds;
}

static bool compares(enum clause_test test, struct ratio value, micro bound)
{
    if (bound == MICRO_NONE)
        return false;
    int order = ratio_compare(value, bound);
    switch (test) {
    case TEST_ABOVE:
        return order > 0;
    case TEST_AT_LEAST:
        return order >= 0;
    case TEST_BELOW:
        return order < 0;
    default:
        return order <= 0;
    }
}

bool clause_satisfied(struct asking *asking, const struct condition *clause,
                      const struct track *track, int64_t step, const struct seen *seen)
{
    if (!seen->known)
        return false;
    if (asking->mode == ASK_ISSUE && asking->rule->only_primary && seen->primary &&
        !(seen->primary & asking->rule->only_primary))
        return false;
    switch (clause->test) {
    case TEST_IS:
    case TEST_ONE_OF:
        return has_state(clause, &seen->value);
    case TEST_WHERE:
        return where_holds(asking, clause, track, step, seen);
    default:
        return compares(clause->test, seen->value,
                        figure_value(asking->engine, &clause->bound, asking->subject));
    }
}

static const struct bulletin *in_force_bulletin(struct asking *asking, struct track *track)
{
    return track_bulletin(track, asking->engine->now, asking->engine->policy->bulletin_max_age);
}

struct seen clause_seen(struct asking *asking, const struct condition *clause, struct track *track,
                        int64_t step)
{
    if (clause->view != VIEW_FORECAST) {
        struct seen seen = track_measured(track, step);
        if (seen.known || clause->view == VIEW_OBSERVED)
            return seen;
    }
    return bulletin_value(in_force_bulletin(asking, track), step,
                          asking->engine->policy->forecast_use);
}

/* ---- runs ---- */

/* The clause whose track and view stand for the condition: itself, or the first part of a joint
 * one. */
static const struct condition *leader(const struct condition *condition)
{
    return condition->joint ? leader(&condition->items[0]) : condition;
}

static struct track *track_of(const struct asking *asking, const struct condition *clause)
{
    return engine_track_find(asking->engine, asking->subject, clause->series);
}

/* Whether the condition is satisfied at one step; a joint one needs all its parts there. */
static bool at_step(struct asking *asking, const struct condition *condition, int64_t step)
{
    if (condition->joint) {
        for (int i = 0; i < condition->count; i++)
            if (!at_step(asking, &condition->items[i], step))
                return false;
        return true;
    }
    struct track *track = track_of(asking, condition);
    if (!track)
        return false;
    struct seen seen = clause_seen(asking, condition, track, step);
    return clause_satisfied(asking, condition, track, step, &seen);
}

/* Values a run needs so that (n−1)·step + span reaches `lasting`. */
static int64_t values_needed(const struct track *track, span_ms lasting)
{
    if (lasting <= track->span)
        return 1;
    return (lasting - track->span + track->step - 1) / track->step + 1;
}

static int64_t newest_joint(const struct asking *asking, const struct condition *condition)
{
    if (!condition->joint) {
        const struct track *track = track_of(asking, condition);
        return track ? track->top : STEP_NONE;
    }
    int64_t newest = INT64_MAX;
    for (int i = 0; i < condition->count; i++) {
        int64_t top = newest_joint(asking, &condition->items[i]);
        newest = top < newest ? top : newest;
    }
    return newest;
}

static int64_t run_back(struct asking *asking, const struct condition *condition, int64_t last,
                        int64_t most)
{
    int64_t first = last;
    while (last - first + 1 < most && at_step(asking, condition, first - 1))
        first--;
    return first;
}

/* A figure that may change with the date makes old answers void, so only fixed ones are kept. */
static bool cacheable(const struct condition *condition)
{
    return condition->kind == CONDITION_CLAUSE && condition->bound.kind != FIGURE_DATED;
}

/* Length of the run that ends at the track's newest step, at most `most`; O(1) while values only
 * append. */
static int64_t run_kept(struct asking *asking, const struct condition *condition,
                        const struct track *track, int64_t most)
{
    struct run_cache *run = &asking->watcher->runs[condition->number];
    if (run->valid && run->edits == track->edits && run->step == track->top)
        return run->length < most ? run->length : most;
    bool continues = run->valid && run->edits == track->edits && run->step == track->top - 1;
    int64_t length = 0;
    if (at_step(asking, condition, track->top)) {
        length = continues ? run->length + 1
                           : track->top - run_back(asking, condition, track->top, most) + 1;
        length = length < most ? length : most;
    }
    run->step = track->top;
    run->length = (int)length;
    run->edits = track->edits;
    run->valid = !asking->failure;
    return length;
}

static bool observed_run(struct asking *asking, const struct condition *condition,
                         struct verdict *verdict)
{
    const struct track *track = verdict->track;
    int64_t last = newest_joint(asking, condition);
    if (last == STEP_NONE)
        return false;
    int64_t needed = values_needed(track, verdict->lasting);
    int64_t length;
    if (asking->watcher && cacheable(condition)) {
        length = run_kept(asking, condition, track, needed);
    } else {
        int64_t most = asking->mode == ASK_WATCH ? needed : SERIES_STEPS_KEPT;
        length = at_step(asking, condition, last)
                     ? last - run_back(asking, condition, last, most) + 1
                     : 0;
    }
    verdict->has_run = length > 0;
    verdict->first = last - length + 1;
    verdict->last = last;
    verdict->begin = track_step_start(track, verdict->first, asking->engine->policy->zone);
    return length >= needed;
}

/* Remembers the earliest run that counts, else the longest that was seen. */
static void keep_run(struct verdict *verdict, int64_t first, int64_t last, instant_ms begin,
                     bool counts)
{
    bool longer = !verdict->has_run || last - first > verdict->last - verdict->first;
    if (counts ? !verdict->held : !verdict->held && longer) {
        verdict->has_run = true;
        verdict->first = first;
        verdict->last = last;
        verdict->begin = begin;
        verdict->held = counts;
    }
}

static int64_t last_forecast_step(struct asking *asking, struct track *track)
{
    const struct bulletin *bulletin = in_force_bulletin(asking, track);
    int64_t last = bulletin ? bulletin->first + bulletin->count - 1 : STEP_NONE;
    return last > track->top ? last : track->top;
}

/* Runs come in rising order, so the first that counts has the earliest begin. */
static bool counting_run(struct asking *asking, const struct condition *condition,
                         struct track *track, struct verdict *verdict)
{
    span_ms zone = asking->engine->policy->zone;
    const struct bulletin *bulletin = in_force_bulletin(asking, track);
    instant_ms latest = (bulletin ? bulletin->issued : asking->engine->now) + asking->lead;
    int64_t now = track_step(track, asking->engine->now, zone);
    int64_t end = last_forecast_step(asking, track);
    for (int64_t step = now; step <= end; step++) {
        if (!at_step(asking, condition, step))
            continue;
        int64_t first = step == now ? run_back(asking, condition, step, SERIES_STEPS_KEPT) : step;
        while (step < end && at_step(asking, condition, step + 1))
            step++;
        instant_ms begin = track_step_start(track, first, zone);
        bool counts = track_covers(track, first, step) >= verdict->lasting && begin <= latest;
        keep_run(verdict, first, step, begin, counts);
    }
    return verdict->held;
}

/* The steps from the one that contains now up to the first that ends at or after now + lasting. */
static bool steps_ahead(struct asking *asking, const struct condition *condition,
                        struct track *track, struct verdict *verdict)
{
    span_ms zone = asking->engine->policy->zone;
    int64_t first = track_step(track, asking->engine->now, zone), step = first;
    instant_ms until = asking->engine->now + verdict->lasting;
    for (;; step++) {
        if (!at_step(asking, condition, step)) {
            verdict->has_run = step > first;
            verdict->first = first;
            verdict->last = step - 1;
            return false;
        }
        if (track_step_end(track, step, zone) >= until)
            break;
    }
    verdict->has_run = true;
    verdict->first = first;
    verdict->last = step;
    return true;
}

static bool receipt_holds(const struct asking *asking)
{
    return asking->watcher && asking->watcher->done;
}

static bool run_holds(struct asking *asking, const struct condition *condition,
                      struct verdict *verdict)
{
    const struct condition *clause = leader(condition);
    if (clause->view == VIEW_RECEIPT)
        return receipt_holds(asking);
    struct track *track = track_of(asking, clause);
    verdict->track = track;
    verdict->lasting = figure_span(asking->engine, &condition->lasting, 0);
    if (!condition->joint && asking->verdicts)
        verdict->bound = figure_value(asking->engine, &clause->bound, asking->subject);
    if (!track)
        return false;
    if (clause->view == VIEW_OBSERVED)
        return observed_run(asking, condition, verdict);
    if (asking->mode == ASK_ISSUE)
        return counting_run(asking, condition, track, verdict);
    return steps_ahead(asking, condition, track, verdict);
}

/* ---- plain clauses of watches ---- */

static void prepare(const struct engine *engine, struct watcher *watcher,
                    const struct condition *condition)
{
    for (int i = 0; condition && i < condition->count; i++)
        prepare(engine, watcher, &condition->items[i]);
    if (!condition || condition->kind != CONDITION_CLAUSE || condition->view != VIEW_OBSERVED ||
        condition->test == TEST_IS || condition->test == TEST_ONE_OF || !cacheable(condition) ||
        condition->lasting.kind == FIGURE_DATED)
        return;
    const struct series *series = &engine->policy->series[condition->series];
    const struct track shape = {.step = series->step, .span = series->span};
    struct run_cache *run = &watcher->runs[condition->number];
    run->plain = true;
    run->needed = (int)values_needed(&shape, figure_span(engine, &condition->lasting, 0));
    run->bound = figure_value(engine, &condition->bound, watcher->subject);
}

void runs_prepare(const struct engine *engine, struct watcher *watcher)
{
    const struct rule *rule = watcher->rule;
    for (int i = 0; i < rule->level_count; i++)
        prepare(engine, watcher, rule->levels[i].when);
    prepare(engine, watcher, rule->lift_when);
}

void runs_forget(struct watcher *watcher)
{
    for (int i = 0; i < watcher->rule->condition_count; i++)
        watcher->runs[i].valid = false;
}

static bool plain_satisfied(struct asking *asking, const struct condition *clause,
                            const struct track *track, const struct cell *cell, int64_t step,
                            micro bound)
{
    if (cell->state != CELL_KNOWN)
        return false;
    struct seen seen = {.known = true, .value = {cell->num, cell->den}};
    if (clause->test == TEST_WHERE)
        return where_holds(asking, clause, track, step, &seen);
    if (cell->den != 1 || bound == MICRO_NONE)
        return compares(clause->test, seen.value, bound);
    switch (clause->test) {
    case TEST_ABOVE:
        return cell->num > bound;
    case TEST_AT_LEAST:
        return cell->num >= bound;
    case TEST_BELOW:
        return cell->num < bound;
    default:
        return cell->num <= bound;
    }
}

/* The same answer as observed_run gives, without its words: one look at the newest value, as a
 * rule. */
static bool plain_holds(struct asking *asking, const struct condition *clause,
                        struct run_cache *run)
{
    const struct track *track = track_of(asking, clause);
    if (!track || track->top == STEP_NONE)
        return false;
    bool kept = run->valid && run->edits == track->edits;
    if (!kept || run->step != track->top) {
        int64_t step = track->top;
        int known = kept && run->step == step - 1 ? run->length : -1, length = 0;
        while (length < run->needed &&
               plain_satisfied(asking, clause, track, track_cell(track, step), step, run->bound)) {
            length++;
            step--;
            if (known >= 0) {
                length = known + 1 < run->needed ? known + 1 : run->needed;
                break;
            }
        }
        run->step = track->top;
        run->length = length;
        run->edits = track->edits;
        run->valid = !asking->failure;
    }
    return run->length >= run->needed && !asking->failure;
}

static void report(const struct asking *asking, const struct condition *condition, bool held)
{
    const struct engine_options *options = &asking->engine->options;
    if (options->covered)
        options->covered(options->covered_arg, asking->rule, condition->number, held);
}

bool condition_holds(struct asking *asking, const struct condition *condition)
{
    if (asking->watcher && !asking->verdicts && asking->watcher->runs[condition->number].plain &&
        !asking->engine->options.covered)
        return plain_holds(asking, condition, &asking->watcher->runs[condition->number]);
    struct verdict verdict = {.bound = MICRO_NONE, .begin = INSTANT_NONE};
    bool holds = condition->kind != CONDITION_ANY;
    if (condition->kind == CONDITION_CLAUSE || condition->joint) {
        holds = run_holds(asking, condition, &verdict);
    } else {
        for (int i = 0; i < condition->count; i++) {
            bool part = condition_holds(asking, &condition->items[i]);
            holds = condition->kind == CONDITION_ALL ? holds && part : holds || part;
        }
    }
    verdict.held = holds && !asking->failure;
    if (asking->verdicts)
        asking->verdicts[condition->number] = verdict;
    report(asking, condition, verdict.held);
    return verdict.held;
}

instant_ms condition_begin(const struct condition *condition, const struct verdict *verdicts)
{
    if (!verdicts[condition->number].held)
        return INSTANT_NONE;
    if (condition->kind == CONDITION_CLAUSE || condition->joint)
        return verdicts[condition->number].begin;
    instant_ms earliest = INSTANT_NONE;
    for (int i = 0; i < condition->count; i++) {
        instant_ms begin = condition_begin(&condition->items[i], verdicts);
        if (begin != INSTANT_NONE && (earliest == INSTANT_NONE || begin < earliest))
            earliest = begin;
    }
    return earliest;
}
