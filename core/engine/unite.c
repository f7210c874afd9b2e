/* See unite.h.  The order is a product: thing × part of the day × part of the line × percent ×
 * stage, and where all of these are equal the measure's name and basis decide, so that one of two
 * equal causes gives the words whatever the order in which they came. */
#include "engine/unite.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* What binds a guaranteed enterprise in place of a stop when measures.yaml does not say it better.
 */
static const struct measure guaranteed_cap = {
    .id = "guaranteed_cap",
    .kind = MEASURE_OTHER,
    .text = "{lines}以热定产、以量定产，按保障民生所需的最低负荷运行，不得超负荷生产",
    .proof = "核对生产台账与用电量",
    .scope = "all",
};

static int text_compare(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int words_compare(const struct obligation *a, const struct obligation *b)
{
    int order = text_compare(a->measure->id, b->measure->id);

    return order ? order : text_compare(a->basis, b->basis);
}

static bool same_thing(const struct obligation *a, const struct obligation *b)
{
    if (a->kind != b->kind || a->line != b->line || a->own_activity != b->own_activity)
        return false;
    if (a->kind == OBLIGATION_PRODUCTION && !a->own_activity)
        return true;
    return strcmp(a->measure->id, b->measure->id) == 0;
}

/* Parts of the day lie on a circle: 20:00 .. 07:00 runs over midnight. */
static bool day_part_covers(const struct obligation *a, const struct obligation *b)
{
    int later = (b->from - a->from + DAY_MINUTES) % DAY_MINUTES;

    return a->minutes == DAY_MINUTES || later + b->minutes <= a->minutes;
}

bool obligation_covers(const struct obligation *a, const struct obligation *b)
{
    if (!same_thing(a, b) || !day_part_covers(a, b))
        return false;
    if ((a->part != WHOLE_LINE && a->part != b->part) || a->percent < b->percent ||
        a->stage < b->stage)
        return false;
    if (a->minutes != b->minutes || a->part != b->part || a->percent != b->percent ||
        a->stage != b->stage)
        return true;
    return words_compare(a, b) >= 0;
}

bool obligation_equal(const struct obligation *a, const struct obligation *b)
{
    return obligation_covers(a, b) && obligation_covers(b, a) && a->floored == b->floored;
}

static void take_larger_cut(struct obligation *to, const struct obligation *from)
{
    for (int e = 0; e < EMISSIONS; e++)
        if (from->cut[e] > to->cut[e])
            to->cut[e] = from->cut[e];
}

void unite(struct obligations *set, const struct obligation *obligation)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (!obligation_covers(&set->items[i], obligation))
            continue;
        if (obligation_covers(obligation, &set->items[i])) {
            take_larger_cut(&set->items[i], obligation);
            set->items[i].floored |= obligation->floored;
        }
        return;
    }
    for (size_t i = 0; i < set->count; i++)
        if (!obligation_covers(obligation, &set->items[i]))
            set->items[kept++] = set->items[i];
    set->count = kept;
    xgrow((void **)&set->items, set->count, &set->capacity, sizeof(*set->items));
    set->items[set->count++] = *obligation;
}

void unite_all(struct obligations *set, const struct obligations *other)
{
    for (size_t i = 0; i < other->count; i++)
        unite(set, &other->items[i]);
}

static const struct measure *cap_of(const struct policy *policy)
{
    const struct measure *measure = registry_measure(&policy->registry, "guaranteed_cap");

    return measure ? measure : &guaranteed_cap;
}

/* A guaranteed enterprise keeps running: heat and power, hospitals, food do not stop for the air.
 */
static void spare_guaranteed(struct obligation *obligation, const struct policy *policy,
                             const struct recipient *recipient)
{
    if (recipient->supply != CLASS_GUARANTEED || obligation->kind != OBLIGATION_PRODUCTION ||
        obligation->percent < PERCENT_STOP)
        return;
    obligation->kind = OBLIGATION_OTHER;
    obligation->measure = cap_of(policy);
    obligation->percent = 0;
    obligation->part = WHOLE_LINE;
    obligation->basis = NULL;
    memset(obligation->cut, 0, sizeof(obligation->cut));
}

static void set_day_part(struct obligation *obligation, const struct hours *hours)
{
    int length = hours ? hours->to_minute - hours->from_minute : DAY_MINUTES;

    if (length <= 0)
        length += DAY_MINUTES;
    obligation->minutes = length;
    obligation->from = length == DAY_MINUTES ? 0 : hours->from_minute;
}

static bool all_zero(const micro cut[EMISSIONS])
{
    for (int e = 0; e < EMISSIONS; e++)
        if (cut[e] != 0)
            return false;
    return true;
}

/* A rota names a measure but cannot know what it saves at each site; the site's own list says it.
 */
static void set_cut(struct obligation *obligation, const struct policy *policy,
                    const struct recipient *recipient, const struct duty *duty)
{
    memcpy(obligation->cut, duty->cut, sizeof(obligation->cut));
    if (!all_zero(duty->cut) || !recipient->duties)
        return;
    for (size_t level = 0; level < policy->level_count; level++)
        for (int i = 0; i < recipient->duty_counts[level]; i++) {
            const struct duty *own = &recipient->duties[level][i];

            for (int e = 0; e < EMISSIONS && own->measure == duty->measure; e++)
                if (own->cut[e] > obligation->cut[e])
                    obligation->cut[e] = own->cut[e];
        }
}

/* The emission a measure is about, or WHOLE_LINE. */
static int scope_of(const struct measure *measure)
{
    for (int e = 0; e < EMISSIONS && measure->scope; e++)
        if (strcmp(measure->scope, emission_key((enum emission)e)) == 0)
            return e;
    return WHOLE_LINE;
}

static struct obligation obligation_of(const struct policy *policy,
                                       const struct recipient *recipient, const struct duty *duty,
                                       const struct hours *hours)
{
    const struct measure *measure = duty->measure;
    struct obligation obligation = {
        .measure = measure,
        .basis = duty->basis,
        .line = -1,
        .percent = duty->percent,
        .stage = duty->stage_at_most,
        .part = WHOLE_LINE,
    };

    obligation.kind = measure->kind == MEASURE_BAN     ? OBLIGATION_BAN
                      : measure->kind == MEASURE_OTHER ? OBLIGATION_OTHER
                                                       : OBLIGATION_PRODUCTION;
    if (measure->kind == MEASURE_STOP)
        obligation.percent = PERCENT_STOP;
    if (obligation.kind == OBLIGATION_PRODUCTION) {
        obligation.part = scope_of(measure);
        obligation.own_activity = recipient->kind != RECIPIENT_ENTERPRISE;
    }
    set_day_part(&obligation, hours);
    set_cut(&obligation, policy, recipient, duty);
    spare_guaranteed(&obligation, policy, recipient);
    return obligation;
}

static bool duty_is_for_lines(const struct duty *duty, const struct recipient *recipient)
{
    bool production = duty->measure->kind == MEASURE_STOP || duty->measure->kind == MEASURE_LIMIT;

    return duty->line_count > 0 || (production && recipient->line_count > 0);
}

void unite_duty(struct obligations *set, const struct policy *policy,
                const struct recipient *recipient, const struct duty *duty,
                const struct hours *hours)
{
    struct obligation obligation = obligation_of(policy, recipient, duty, hours);
    int part = scope_of(duty->measure);
    int count = duty->line_count > 0 ? duty->line_count : recipient->line_count;

    if (!duty_is_for_lines(duty, recipient)) {
        unite(set, &obligation);
        return;
    }
    /* A cut declared for the duty as a whole is counted once, not once per line. */
    for (int i = 0; i < count; i++) {
        obligation.line = duty->line_count > 0 ? duty->lines[i] : i;
        if (duty->line_count == 0 && part != WHOLE_LINE &&
            recipient->lines[obligation.line].day[part] == 0)
            continue;
        unite(set, &obligation);
        memset(obligation.cut, 0, sizeof(obligation.cut));
    }
}

static int compare(const void *left, const void *right)
{
    const struct obligation *a = left, *b = right;
    const int keys[][2] = {
        {a->kind, b->kind},       {a->line, b->line},       {a->part, b->part},
        {b->minutes, a->minutes}, {a->from, b->from},       {b->percent, a->percent},
        {b->stage, a->stage},     {a->floored, b->floored},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return words_compare(a, b);
}

static void sort(struct obligations *set)
{
    if (set->count > 1)
        qsort(set->items, set->count, sizeof(*set->items), compare);
}

static bool floor_line(struct obligation *obligation, const struct recipient *recipient)
{
    int most;

    if (obligation->kind != OBLIGATION_PRODUCTION || obligation->line < 0)
        return false;
    most = PERCENT_STOP - recipient->lines[obligation->line].safe_percent;
    if (obligation->percent <= most)
        return false;
    obligation->percent = most;
    obligation->floored = true;
    return true;
}

void unite_settle(struct obligations *set, const struct recipient *recipient)
{
    struct obligations settled = {0};
    bool floored = false;

    for (size_t i = 0; i < set->count; i++)
        floored |= floor_line(&set->items[i], recipient);
    sort(set);
    if (!floored)
        return;
    /* Two that differed may be equal on the floor. */
    unite_all(&settled, set);
    obligations_release(set);
    *set = settled;
    sort(set);
}

/* The largest percent that holds at a minute of the day, and how long nothing changes after it. */
static int percent_at(const struct obligation *items, size_t count, int minute, enum emission e,
                      int *ret_minutes)
{
    int percent = 0, minutes = DAY_MINUTES - minute;

    for (size_t i = 0; i < count; i++) {
        int into = (minute - items[i].from + DAY_MINUTES) % DAY_MINUTES;
        bool holds = into < items[i].minutes;
        int left = (holds ? items[i].minutes : DAY_MINUTES) - into;

        if (left < minutes)
            minutes = left;
        if (holds && items[i].percent > percent &&
            (items[i].part == WHOLE_LINE || items[i].part == (int)e))
            percent = items[i].percent;
    }
    *ret_minutes = minutes;
    return percent;
}

static micro line_cut(const struct obligation *items, size_t count, micro day, enum emission e)
{
    int64_t percent_minutes = 0;
    int minutes;

    if (day == 0)
        return 0;
    for (int minute = 0; minute < DAY_MINUTES; minute += minutes)
        percent_minutes += (int64_t)percent_at(items, count, minute, e, &minutes) * minutes;
    return ratio_round_half_even(
        (struct ratio){(wide)day * percent_minutes, (int64_t)PERCENT_STOP * DAY_MINUTES}, 6);
}

/* What a line saves follows from the line; only what has no line is believed as declared. */
static micro declared_cut(const struct obligation *item, enum emission e)
{
    if (item->kind == OBLIGATION_PRODUCTION && item->line >= 0)
        return 0;
    if (item->minutes == DAY_MINUTES)
        return item->cut[e];
    return ratio_round_half_even((struct ratio){(wide)item->cut[e] * item->minutes, DAY_MINUTES},
                                 6);
}

/* How many items from `first` on concern the production of one line (or of a recipient without
 * lines). */
static size_t same_line(const struct obligations *set, size_t first)
{
    size_t end = first;

    while (end < set->count && set->items[end].kind == OBLIGATION_PRODUCTION &&
           set->items[end].line == set->items[first].line)
        end++;
    return end - first;
}

static void add_line_cuts(const struct obligations *set, const struct recipient *recipient,
                          micro cut[EMISSIONS])
{
    size_t count;

    for (size_t i = 0; i < set->count; i += count) {
        const struct obligation *item = &set->items[i];
        const micro *day = item->line >= 0 ? recipient->lines[item->line].day : recipient->day;

        count = same_line(set, i);
        if (count == 0)
            return; /* production is sorted first */
        if (item->line < 0 && !all_zero(item->cut))
            continue;
        for (int e = 0; e < EMISSIONS; e++)
            cut[e] += line_cut(item, count, day[e], (enum emission)e);
    }
}

void unite_cut(const struct obligations *set, const struct recipient *recipient,
               micro ret[EMISSIONS])
{
    memset(ret, 0, EMISSIONS * sizeof(*ret));
    add_line_cuts(set, recipient, ret);
    for (int e = 0; e < EMISSIONS; e++) {
        for (size_t i = 0; i < set->count; i++)
            ret[e] += declared_cut(&set->items[i], (enum emission)e);
        /* Nobody saves more than he emits; a source whose day is not known is believed. */
        if (recipient->day[e] > 0 && ret[e] > recipient->day[e])
            ret[e] = recipient->day[e];
    }
}

void obligations_clear(struct obligations *set)
{
    set->count = 0;
}

void obligations_release(struct obligations *set)
{
    free(set->items);
    *set = (struct obligations){0};
}
