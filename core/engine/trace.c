/* Traces: why, in JSON, with what was known when.
 *
 * One object per decision: the rule and where it is written, its legal basis, the bundle, and for
 * each clause the run with every value, where it came from and when it was learnt. */
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "engine/inner.h"
#include "model/bundle.h"
#include <assert.h>

enum {
    VALUES_SHOWN = 40
}; /* of one run: more would not be read (the run's ends are always shown) */

static void print_ratio(struct json_writer *writer, struct ratio value)
{
    struct buf text = {0};
    ratio_print(&text, value);
    jw_text(writer, buf_str(&text));
    buf_release(&text);
}

static void print_primary(struct json_writer *writer, unsigned primary)
{
    if (!primary)
        return;
    jw_key(writer, "primary");
    jw_begin(writer, '[');
    for (int p = 0; p < POLLUTANTS; p++)
        if (primary & 1u << p)
            jw_text(writer, pollutant_key((enum pollutant)p));
    jw_end(writer, ']');
}

static void print_source(struct engine *engine, struct json_writer *writer,
                         const struct track *track, int64_t step, const struct seen *seen)
{
    span_ms zone = engine->policy->zone;
    jw_key(writer, "source");
    if (!seen->known) {
        jw_text(writer, "unknown");
        return;
    }
    struct buf text = {0};
    instant_ms learnt;
    if (seen->bulletin) {
        buf_printf(&text, "bulletin %s issued ", seen->bulletin->name);
        instant_print(&text, seen->bulletin->issued, zone);
        learnt = seen->bulletin->arrival;
    } else {
        buf_puts(&text, "measured");
        learnt = track_step_end(track, step, zone) + seen->cell->learnt_s * (instant_ms)SECOND_MS;
    }
    jw_text(writer, buf_str(&text));
    buf_release(&text);
    jw_key(writer, "learnt");
    jw_instant(writer, learnt, zone);
}

static void print_value(struct asking *asking, struct json_writer *writer,
                        const struct condition *clause, struct track *track, int64_t step)
{
    struct seen seen = clause_seen(asking, clause, track, step);
    jw_begin(writer, '{');
    jw_key(writer, "step");
    jw_instant(writer, track_step_start(track, step, asking->engine->policy->zone),
               asking->engine->policy->zone);
    jw_key(writer, "value");
    if (seen.known)
        print_ratio(writer, seen.value);
    else
        jw_null(writer);
    print_source(asking->engine, writer, track, step, &seen);
    print_primary(writer, seen.primary);
    jw_end(writer, '}');
}

static void print_run(struct asking *asking, struct json_writer *writer,
                      const struct condition *clause, const struct verdict *verdict)
{
    span_ms zone = asking->engine->policy->zone;
    const struct track *track = verdict->track;
    struct buf covers = {0};
    span_print(&covers, track_covers(verdict->track, verdict->first, verdict->last));
    jw_key(writer, "run");
    jw_begin(writer, '{');
    jw_key(writer, "from");
    jw_instant(writer, track_step_start(track, verdict->first, zone), zone);
    jw_key(writer, "to");
    jw_instant(writer, track_step_end(track, verdict->last, zone), zone);
    jw_key(writer, "values");
    jw_int(writer, verdict->last - verdict->first + 1);
    jw_key(writer, "covers");
    jw_text(writer, buf_str(&covers));
    jw_end(writer, '}');
    buf_release(&covers);
    jw_key(writer, "values");
    jw_begin(writer, '[');
    struct track *looked = engine_track_find(asking->engine, track->subject, clause->series);
    int64_t hidden_from = verdict->first + VALUES_SHOWN / 2;
    int64_t hidden_to = verdict->last - VALUES_SHOWN / 2;
    for (int64_t step = verdict->first; step <= verdict->last; step++) {
        if (step >= hidden_from && step <= hidden_to)
            step = hidden_to + 1;
        print_value(asking, writer, clause, looked, step);
    }
    jw_end(writer, ']');
}

static void print_bound(struct asking *asking, struct json_writer *writer,
                        const struct condition *clause, const struct verdict *verdict)
{
    struct buf words = {0};
    buf_printf(&words, "%s %s", asking->engine->policy->series[clause->series].name,
               test_sign(clause->test));
    if (verdict->bound != MICRO_NONE) {
        buf_putc(&words, ' ');
        micro_print(&words, verdict->bound);
    }
    jw_key(writer, "words");
    jw_text(writer, buf_str(&words));
    buf_release(&words);
    if (clause->bound.path) {
        jw_key(writer, "figure");
        jw_text(writer, clause->bound.path);
    }
    if (clause->bound.file) {
        jw_key(writer, "figure_at");
        jw_text(writer, emit_text(asking->engine, "%s:%d", clause->bound.file, clause->bound.line));
    }
}

static const char *view_name(enum clause_view view)
{
    static const char *const names[] = {
        [VIEW_OBSERVED] = "observed",
        [VIEW_FORECAST] = "forecast",
        [VIEW_TIMELINE] = "timeline",
        [VIEW_RECEIPT] = "receipt",
    };
    return names[view];
}

static void print_clause(struct asking *asking, struct json_writer *writer,
                         const struct condition *clause, const struct verdict *verdict)
{
    jw_begin(writer, '{');
    jw_key(writer, "n");
    jw_int(writer, clause->number);
    jw_key(writer, "line");
    jw_int(writer, clause->line);
    jw_key(writer, "view");
    jw_text(writer, view_name(clause->view));
    if (clause->view != VIEW_RECEIPT)
        print_bound(asking, writer, clause, verdict);
    if (verdict->lasting > 0) {
        struct buf lasting = {0};
        span_print(&lasting, verdict->lasting);
        jw_key(writer, "lasting");
        jw_text(writer, buf_str(&lasting));
        buf_release(&lasting);
    }
    jw_key(writer, "held");
    jw_bool(writer, verdict->held);
    if (verdict->has_run && verdict->track)
        print_run(asking, writer, clause, verdict);
    jw_end(writer, '}');
}

/* A joint condition's run is shown for each of its parts. */
static void print_clauses(struct asking *asking, struct json_writer *writer,
                          const struct condition *condition, const struct verdict *verdicts,
                          const struct verdict *joint)
{
    const struct verdict *verdict = joint ? joint : &verdicts[condition->number];
    if (condition->kind == CONDITION_CLAUSE) {
        print_clause(asking, writer, condition, verdict);
        return;
    }
    for (int i = 0; i < condition->count; i++)
        print_clauses(asking, writer, &condition->items[i], verdicts,
                      condition->joint ? verdict : NULL);
}

static void print_basis(struct json_writer *writer, const struct rule *rule)
{
    if (!rule->basis)
        return;
    jw_key(writer, "basis");
    jw_begin(writer, '{');
    jw_key(writer, "title");
    jw_text(writer, rule->basis->title);
    jw_key(writer, "number");
    jw_text(writer, rule->basis->number);
    if (rule->article) {
        jw_key(writer, "article");
        jw_text(writer, rule->article);
    }
    jw_end(writer, '}');
}

static void print_plan(struct json_writer *writer, const struct plan *plan)
{
    if (!plan)
        return;
    jw_key(writer, "plan");
    jw_begin(writer, '{');
    jw_key(writer, "hash");
    jw_text(writer, plan->hash);
    jw_key(writer, "orders");
    jw_int(writer, (int64_t)plan->count);
    jw_key(writer, "bound");
    jw_int(writer, (int64_t)plan->bound);
    jw_key(writer, "shares");
    jw_begin(writer, '{');
    for (int e = 0; e < EMISSIONS; e++) {
        const struct share *share = &plan->shares[e];
        if (share->total <= 0)
            continue;
        jw_key(writer, emission_key((enum emission)e));
        jw_begin(writer, '{');
        jw_key(writer, "cut");
        jw_micro(writer, share->cut);
        jw_key(writer, "total");
        jw_micro(writer, share->total);
        jw_key(writer, "required_percent");
        jw_int(writer, share->required_percent);
        jw_end(writer, '}');
    }
    jw_end(writer, '}');
    jw_end(writer, '}');
}

static const char *print_trace(struct asking *asking, const struct condition *condition,
                               const struct plan *plan)
{
    const struct rule *rule = asking->rule;
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "rule");
    jw_text(&writer, rule->name);
    jw_key(&writer, "title");
    jw_text(&writer, rule->title);
    jw_key(&writer, "file");
    jw_text(&writer, rule->file);
    jw_key(&writer, "line");
    jw_int(&writer, rule->line);
    print_basis(&writer, rule);
    jw_key(&writer, "bundle");
    jw_text(&writer, program_bundle(asking->engine->program)->hash);
    jw_key(&writer, "clauses");
    jw_begin(&writer, '[');
    if (condition)
        print_clauses(asking, &writer, condition, asking->verdicts, NULL);
    jw_end(&writer, ']');
    print_plan(&writer, plan);
    jw_end(&writer, '}');
    const char *trace = arena_strdup(&asking->engine->arena, buf_str(&buf));
    buf_release(&buf);
    return trace;
}

const char *trace_condition(struct engine *engine, const struct rule *rule,
                            const struct condition *condition, const struct verdict *verdicts,
                            const struct plan *plan)
{
    if (!engine->options.trace)
        return NULL;
    int area = rule->area >= 0 ? rule->area : 0;
    struct asking asking = {
        .engine = engine,
        .rule = rule,
        .subject = engine->areas[area].subject,
        .verdicts = (struct verdict *)(uintptr_t)verdicts,
    };
    return print_trace(&asking, condition, plan);
}

const char *trace_watcher(struct engine *engine, const struct watcher *watcher,
                          const struct condition *condition, const struct verdict *verdicts)
{
    struct asking asking = {
        .engine = engine,
        .rule = watcher->rule,
        .subject = watcher->subject,
        .mode = ASK_WATCH,
        .verdicts = (struct verdict *)(uintptr_t)verdicts,
    };
    return print_trace(&asking, condition, NULL);
}

/* ---- why not ---- */

/* How late a run begins that would be long enough; 0 when it does not reach past now at all. */
static span_ms too_late(const struct asking *asking, const struct verdict *verdict)
{
    struct engine *engine = asking->engine;
    struct track *track = engine_track_find(engine, asking->subject, verdict->track->series);
    const struct bulletin *bulletin =
        track_bulletin(track, engine->now, engine->policy->bulletin_max_age);
    instant_ms latest = (bulletin ? bulletin->issued : engine->now) + asking->lead;
    return verdict->begin > latest ? verdict->begin - latest : 0;
}

/* "24h, needs 48h", or "begins 20h too late". */
static void print_distance(struct asking *asking, struct json_writer *writer,
                           const struct condition *clause, const struct verdict *verdict)
{
    if (clause->view == VIEW_RECEIPT || verdict->held)
        return;
    span_ms reached =
        verdict->has_run ? track_covers(verdict->track, verdict->first, verdict->last) : 0;
    span_ms needed =
        verdict->lasting ? verdict->lasting : asking->engine->policy->series[clause->series].span;
    struct buf text = {0};
    if (reached >= needed) {
        buf_puts(&text, "begins ");
        span_print(&text, too_late(asking, verdict));
        buf_puts(&text, " too late");
    } else {
        span_print(&text, reached);
        buf_puts(&text, ", needs ");
        span_print(&text, needed);
    }
    jw_key(writer, "distance");
    jw_text(writer, buf_str(&text));
    buf_release(&text);
}

/* The step from the last on whose value comes nearest to the bound, or STEP_NONE when none is
 * known.
 */
static int64_t nearest_step(struct asking *asking, const struct condition *clause,
                            struct track *track, struct ratio *ret_value)
{
    const struct engine *engine = asking->engine;
    bool upwards = clause->test == TEST_ABOVE || clause->test == TEST_AT_LEAST;
    int64_t now = track_step(track, engine->now, engine->policy->zone), at = STEP_NONE;
    for (int64_t step = now - 1; step < now + BULLETIN_STEPS_MAX; step++) {
        struct seen seen = clause_seen(asking, clause, track, step);
        if (!seen.known)
            continue;
        wide left = seen.value.num * ret_value->den, right = ret_value->num * seen.value.den;
        if (at == STEP_NONE || (upwards ? left > right : left < right)) {
            *ret_value = seen.value;
            at = step;
        }
    }
    return at;
}

/* Where no step satisfies: the value ahead that comes nearest to the bound, or that there is none,
 * as before the first bulletin. */
static void print_nearest(struct asking *asking, struct json_writer *writer,
                          const struct condition *clause, const struct verdict *verdict)
{
    struct engine *engine = asking->engine;
    bool bounded = clause->test == TEST_ABOVE || clause->test == TEST_AT_LEAST ||
                   clause->test == TEST_BELOW || clause->test == TEST_AT_MOST;
    if (clause->view == VIEW_RECEIPT || verdict->held || verdict->has_run)
        return;
    struct track *track = engine_track_find(engine, asking->subject, clause->series);
    struct ratio nearest = {0, 0};
    int64_t at = track ? nearest_step(asking, clause, track, &nearest) : STEP_NONE;
    if (at == STEP_NONE) {
        jw_key(writer, "unknown");
        jw_bool(writer, true);
    }
    if (at == STEP_NONE || !bounded)
        return;
    jw_key(writer, "nearest");
    jw_begin(writer, '{');
    jw_key(writer, "step");
    jw_instant(writer, track_step_start(track, at, engine->policy->zone), engine->policy->zone);
    jw_key(writer, "value");
    print_ratio(writer, nearest);
    jw_end(writer, '}');
}

static void print_candidates(struct asking *asking, struct json_writer *writer,
                             const struct condition *condition)
{
    if (condition->kind == CONDITION_CLAUSE) {
        const struct verdict *verdict = &asking->verdicts[condition->number];
        jw_begin(writer, '{');
        jw_key(writer, "clause");
        print_clause(asking, writer, condition, verdict);
        print_distance(asking, writer, condition, verdict);
        print_nearest(asking, writer, condition, verdict);
        jw_end(writer, '}');
        return;
    }
    for (int i = 0; i < condition->count; i++)
        print_candidates(asking, writer, &condition->items[i]);
}

static void print_why_not(struct engine *engine, struct json_writer *writer,
                          const struct ladder *ladder, int level)
{
    const struct rule *rule = ladder->rule;
    struct asking asking = {
        .engine = engine,
        .rule = rule,
        .subject = engine->areas[rule->area].subject,
        .mode = ASK_ISSUE,
        .lead = figure_span(engine, &rule->lead, 60 * (span_ms)HOUR_MS),
        .verdicts = engine->verdicts,
    };
    bool holds = condition_holds(&asking, rule->levels[level].when);
    jw_begin(writer, '{');
    jw_key(writer, "rule");
    jw_text(writer, rule->name);
    jw_key(writer, "file");
    jw_text(writer, rule->file);
    jw_key(writer, "line");
    jw_int(writer, rule->levels[level].line);
    jw_key(writer, "area");
    jw_text(writer, engine->policy->areas[rule->area].code);
    jw_key(writer, "level");
    jw_text(writer, rule->levels[level].name);
    jw_key(writer, "in_force");
    jw_text(writer, ladder->level < 0 ? NULL : rule->levels[ladder->level].name);
    jw_key(writer, "holds");
    jw_bool(writer, holds);
    jw_key(writer, "needs");
    jw_text(writer, rule->levels[level].when->kind == CONDITION_ANY ? "any" : "all");
    print_basis(writer, rule);
    jw_key(writer, "candidates");
    jw_begin(writer, '[');
    print_candidates(&asking, writer, rule->levels[level].when);
    jw_end(writer, ']');
    jw_end(writer, '}');
}

/* Time stands still for the engine: a question is no fact. */
void engine_why_not(struct engine *engine, const char *level, instant_ms at, struct buf *ret_json)
{
    struct json_writer writer = {.buf = ret_json};
    instant_ms now = engine->now;
    assert(at >= now);
    engine->now = at;
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    jw_key(&writer, "at");
    if (at == INSTANT_NONE) /* nothing has happened yet */
        jw_null(&writer);
    else
        jw_instant(&writer, at, engine->policy->zone);
    jw_key(&writer, "level");
    jw_text(&writer, level);
    jw_key(&writer, "rules");
    jw_begin(&writer, '[');
    for (size_t i = 0; i < engine->warning_count; i++) {
        const struct ladder *ladder = &engine->ladders[engine->warnings[i]];
        for (int l = 0; l < ladder->rule->level_count; l++)
            if (str_equal(ladder->rule->levels[l].name, level))
                print_why_not(engine, &writer, ladder, l);
    }
    jw_end(&writer, ']');
    jw_end(&writer, '}');
    engine->now = now;
}
