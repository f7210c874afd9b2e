/* What an order begins and ends to be watched for.
 *
 * A meter speaks for a line when the line as a whole must stop or be limited; for anything else (a
 * ban, a part of the line's processes, the recipient as a whole) only where the catalogue gives the
 * measure terms of its own: only then is it known that this meter shows that measure. */
#include "base/buf.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include "engine/listing.h"
#include <stdlib.h>
#include <string.h>

struct watching {
    struct engine *engine;
    const struct decision *decision;
    const struct order *order;
    const struct recipient *recipient;
};

static const struct proof *proof_of(const struct recipient *recipient,
                                    const struct obligation *item)
{
    const struct proof *proof =
        item->line >= 0 ? &recipient->lines[item->line].proof : &recipient->proof;
    bool whole_line = item->kind == OBLIGATION_PRODUCTION && item->line >= 0 &&
                      item->part == WHOLE_LINE && !item->own_activity;
    bool gate = proof->kind == PROOF_GATE, ban = item->kind == OBLIGATION_BAN;
    if (!proof->mn || gate != ban || (!whole_line && !item->measure->evidence))
        return NULL;
    return proof;
}

static bool is_limit(const struct obligation *item)
{
    return item->kind == OBLIGATION_PRODUCTION &&
           (item->percent < PERCENT_STOP && item->measure->kind == MEASURE_LIMIT);
}

/* What may still be drawn of normal production. */
static micro rest_of(const struct proof *proof, int percent)
{
    return (micro)((wide)proof->normal * (PERCENT_STOP - percent) / PERCENT_STOP);
}

/* A line that must not fall below its safety minimum may draw that much; where its normal figure is
 * not known, the list's own figure for standing still already allows for it. */
static bool set_power(struct evidence *evidence, const struct proof *proof,
                      const struct obligation *item)
{
    bool normal = proof->normal != MICRO_NONE, stopped = proof->stopped_below != MICRO_NONE;
    if (is_limit(item)) {
        evidence->bound = normal ? rest_of(proof, item->percent) : 0;
        evidence->inclusive = true;
        return normal;
    }
    if (item->floored && normal) {
        micro rest = rest_of(proof, item->percent);
        evidence->inclusive = !stopped || rest >= proof->stopped_below;
        evidence->bound = evidence->inclusive ? rest : proof->stopped_below;
        return true;
    }
    evidence->bound = stopped ? proof->stopped_below : 0;
    return stopped;
}

static bool set_mark(struct evidence *evidence, const struct proof *proof,
                     const struct obligation *item, const struct series *series)
{
    if (is_limit(item) || item->floored)
        return false;
    for (int i = 0; i < proof->stopped_count; i++) {
        int state = series_state(series, proof->stopped[i]);
        if (state >= 0)
            evidence->states[evidence->state_count++] = state;
    }
    return evidence->state_count > 0;
}

static bool set_bound(struct evidence *evidence, const struct proof *proof,
                      const struct obligation *item, const struct series *series)
{
    switch (proof->kind) {
    case PROOF_MARK:
        return set_mark(evidence, proof, item, series);
    case PROOF_GATE:
        evidence->bound = proof->at_most * (micro)MICRO;
        evidence->inclusive = true;
        return proof->at_most >= 0;
    default:
        return set_power(evidence, proof, item);
    }
}

/* The order's sentence for this one thing, without its number and full stop. */
static char *ask_of(const struct recipient *recipient, const struct obligation *item, span_ms zone)
{
    static const char first[] = "1. ", stop[] = "。";
    struct obligation alone = *item;
    struct obligations set = {.items = &alone, .count = 1};
    struct listing list = {recipient, &set, zone};
    struct buf text = {0};
    alone.since = alone.until = 0;
    listing_print(&text, &list);
    const char *begin = buf_str(&text);
    size_t size = text.size;
    if (str_starts(begin, first)) {
        begin += sizeof first - 1;
        size -= sizeof first - 1;
    }
    if (size >= sizeof stop - 1 && str_ends(begin, stop))
        size -= sizeof stop - 1;
    char *ask = xstrndup(begin, size);
    buf_release(&text);
    return ask;
}

static const char *subject_text(struct watching *watching, int line)
{
    const struct recipient *recipient = watching->recipient;
    return line < 0
               ? recipient->id
               : emit_text(watching->engine, "%s/%s", recipient->id, recipient->lines[line].id);
}

static instant_ms effect_of(const struct watching *watching, const struct obligation *item)
{
    instant_ms begin = watching->decision->begin, now = watching->engine->now;
    if (item->since != 0)
        begin = item->since;
    return begin != INSTANT_NONE && begin > now ? begin : now;
}

static void set_order(struct evidence *evidence, const struct watching *watching,
                      const struct obligation *item)
{
    const struct decision *decision = watching->decision;
    evidence->rule = decision->source;
    evidence->episode = xstrdup(decision->episode ? decision->episode : "");
    evidence->level = decision->level ? xstrdup(decision->level) : NULL;
    memcpy(evidence->order, watching->order->id, sizeof evidence->order);
    evidence->ask = ask_of(watching->recipient, item, watching->engine->policy->zone);
    evidence->from = evidence->window = effect_of(watching, item);
}

/* A watch on this thing, or NULL where nothing can show it. */
static struct evidence *watch_of(struct watching *watching, const struct obligation *item)
{
    const struct policy *policy = watching->engine->policy;
    const struct proof *proof = proof_of(watching->recipient, item);
    const struct evidence_terms *terms =
        item->measure->evidence ? item->measure->evidence : &policy->evidence.terms;
    const char *name = !proof          ? NULL
                       : proof->series ? proof->series
                                       : policy->evidence.series[proof->kind];
    int series = name ? policy_series(policy, name) : -1;
    if (series < 0 || terms->within == 0)
        return NULL;
    struct evidence *evidence = xcalloc(1, sizeof *evidence);
    *evidence = (struct evidence){
        .recipient = watching->order->recipient,
        .line = item->line,
        .series = series,
        .kind = proof->kind,
        .terms = *terms,
        .from_minute = item->from,
        .minutes = item->minutes,
        .step = STEP_NONE,
        .shown_from = INSTANT_NONE,
        .steady_from = INSTANT_NONE,
        .broken_from = INSTANT_NONE,
        .seen_from = INSTANT_NONE,
        .seen_to = INSTANT_NONE,
        .tasked = INSTANT_NONE,
    };
    if (!set_bound(evidence, proof, item, &policy->series[series])) {
        free(evidence);
        return NULL;
    }
    evidence->point = xstrdup(proof->point);
    evidence->subject = engine_subject(watching->engine, subject_text(watching, item->line));
    set_order(evidence, watching, item);
    return evidence;
}

static bool same_thing(const struct evidence *a, const struct evidence *b)
{
    return a->kind == b->kind && a->series == b->series && a->bound == b->bound &&
           a->inclusive == b->inclusive && a->state_count == b->state_count &&
           memcmp(a->states, b->states, sizeof a->states) == 0 &&
           a->from_minute == b->from_minute && a->minutes == b->minutes;
}

/* What is asked already goes on under the order that first asked it, unless that had not begun. */
static bool goes_on(const struct engine *engine, const struct evidence *old,
                    const struct evidence *new)
{
    return old && new &&same_thing(old, new) && old->from <= engine->now &&new->from <= engine->now;
}

static void replace(struct engine *engine, size_t slot, struct evidence *new)
{
    if (goes_on(engine, engine->evidences[slot], new)) {
        evidence_free(new);
        return;
    }
    evidence_free(engine->evidences[slot]);
    engine->evidences[slot] = new;
    evidence_arm(engine, slot);
}

/* The strictest stands first among what concerns a line, and what goes on in the end stands behind
 * what holds until then. */
static struct evidence *watch_line(struct watching *watching, int line)
{
    const struct order *order = watching->order;
    for (size_t i = 0; i < order->ask_count; i++) {
        if (order->asks[i].line != line || order->asks[i].until != 0)
            continue;
        struct evidence *evidence = watch_of(watching, &order->asks[i]);
        if (evidence)
            return evidence;
    }
    return NULL;
}

void evidence_order(struct engine *engine, const struct decision *decision,
                    const struct order *order)
{
    struct watching watching = {
        .engine = engine,
        .decision = decision,
        .order = order,
        .recipient = &engine->policy->registry.recipients[order->recipient],
    };
    for (int line = -1; line < watching.recipient->line_count; line++) {
        size_t slot = evidence_slot(engine, order->recipient, line);
        struct evidence *new = order->change == ORDER_RELEASED ? NULL : watch_line(&watching, line);
        if (new || engine->evidences[slot])
            replace(engine, slot, new);
    }
}
