/* See compare.h. */
#include "cli/compare.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

/* ---- episodes
 * ---------------------------------------------------------------------------------------- */

static bool same_subject(const struct episode *a, const struct episode *b)
{
    return a->subject_size == b->subject_size && memcmp(a->id, b->id, a->subject_size) == 0;
}

/* How long both were open; -1 when they never met. */
static span_ms overlap(const struct episode *a, const struct episode *b)
{
    instant_ms from = a->issued > b->issued ? a->issued : b->issued;
    instant_ms to_a = a->lifted == INSTANT_NONE ? INT64_MAX : a->lifted;
    instant_ms to_b = b->lifted == INSTANT_NONE ? INT64_MAX : b->lifted;
    instant_ms to = to_a < to_b ? to_a : to_b;
    return from <= to ? to - from : -1;
}

static const struct episode *partner_of(const struct episode *episode,
                                        const struct chronicle *chronicle, bool *taken)
{
    const struct episode *best = NULL;
    span_ms most = -1;
    for (size_t i = 0; i < chronicle->episode_count; i++) {
        const struct episode *other = &chronicle->episodes[i];
        if (taken[i] || !same_subject(episode, other) || overlap(episode, other) <= most)
            continue;
        most = overlap(episode, other);
        best = other;
    }
    if (best)
        taken[best - chronicle->episodes] = true;
    return best;
}

static bool same_passage(const struct passage *a, const struct passage *b)
{
    return a->at == b->at && a->kind == b->kind && a->begin == b->begin &&
           str_equal(a->level, b->level) && str_equal(a->from, b->from);
}

static bool same_course(const struct chronicle *before, const struct episode *a,
                        const struct chronicle *after, const struct episode *b)
{
    bool same = a && b && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_passage(&before->passages[a->passages[i]], &after->passages[b->passages[i]]);
    return same;
}

static int by_time(const void *left, const void *right)
{
    const struct episode_pair *a = left, *b = right;
    const struct episode *x = a->before ? a->before : a->after;
    const struct episode *y = b->before ? b->before : b->after;
    if (x->issued != y->issued)
        return x->issued < y->issued ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void pair_episodes(struct comparison *comparison, const struct chronicle *before,
                          const struct chronicle *after)
{
    bool *taken = xcalloc(after->episode_count + 1, sizeof *taken);
    size_t count = 0;
    comparison->pairs =
        xcalloc(before->episode_count + after->episode_count + 1, sizeof *comparison->pairs);
    for (size_t i = 0; i < before->episode_count; i++) {
        const struct episode *episode = &before->episodes[i];
        const struct episode *partner = partner_of(episode, after, taken);
        bool same = same_course(before, episode, after, partner);
        comparison->pairs[count++] = (struct episode_pair){episode, partner, same};
    }
    for (size_t i = 0; i < after->episode_count; i++)
        if (!taken[i])
            comparison->pairs[count++] = (struct episode_pair){NULL, &after->episodes[i], false};
    comparison->pair_count = count;
    qsort(comparison->pairs, count, sizeof *comparison->pairs, by_time);
    free(taken);
}

bool episode_peak_shares(const struct chronicle *chronicle, const struct episode *episode,
                         struct share ret[EMISSIONS])
{
    bool any = false;
    for (size_t i = 0; i < episode->count; i++) {
        const struct passage *passage = &chronicle->passages[episode->passages[i]];
        for (int e = 0; passage->planned && e < EMISSIONS; e++)
            if (!any || passage->shares[e].cut > ret[e].cut)
                ret[e] = passage->shares[e];
        any |= passage->planned;
    }
    return any;
}

/* ---- recipients
 * --------------------------------------------------------------------------------------- */

/* What each recipient was told, as a run of positions in `tolds`: those of recipient r stand in
 * order[first[r]] … order[first[r + 1] - 1], in time order because a counting sort is stable. */
struct sorted {
    const struct chronicle *chronicle;
    size_t *first, *order;
};

static struct sorted sort_tolds(const struct chronicle *chronicle)
{
    size_t count = chronicle->recipients.count;
    struct sorted sorted = {chronicle, xcalloc(count + 2, sizeof(size_t)),
                            xcalloc(chronicle->told_count + 1, sizeof(size_t))};
    size_t *next = xcalloc(count + 2, sizeof *next);
    for (size_t i = 0; i < chronicle->told_count; i++)
        sorted.first[chronicle->tolds[i].recipient + 1]++;
    for (size_t r = 0; r < count; r++)
        sorted.first[r + 1] += sorted.first[r];
    memcpy(next, sorted.first, (count + 1) * sizeof *next);
    for (size_t i = 0; i < chronicle->told_count; i++)
        sorted.order[next[chronicle->tolds[i].recipient]++] = i;
    free(next);
    return sorted;
}

static void sorted_release(struct sorted *sorted)
{
    free(sorted->first);
    free(sorted->order);
}

/* One recipient's own run; count 0 when it was told nothing. */
struct story {
    const struct chronicle *chronicle;
    const size_t *order;
    size_t count;
};

static struct story story_of(const struct sorted *sorted, const char *id)
{
    int r = intern_find(&sorted->chronicle->recipients, id);
    if (r < 0)
        return (struct story){sorted->chronicle, NULL, 0};
    return (struct story){sorted->chronicle, sorted->order + sorted->first[r],
                          sorted->first[r + 1] - sorted->first[r]};
}

static const struct told *story_told(const struct story *story, size_t i)
{
    return &story->chronicle->tolds[story->order[i]];
}

static const char *story_measures(const struct story *story, size_t i)
{
    return intern_name(&story->chronicle->measures, story_told(story, i)->measures);
}

static span_ms story_bound(const struct story *story, instant_ms end)
{
    span_ms bound = 0;
    for (size_t i = 0; i < story->count; i++) {
        instant_ms to = i + 1 < story->count ? story_told(story, i + 1)->at : end;
        if (story_told(story, i)->measures != 0)
            bound += to - story_told(story, i)->at;
    }
    return bound;
}

/* Every measure list of `a` also occurs in `b`. */
static bool measures_within(const struct story *a, const struct story *b)
{
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->count && !found; k++)
            found = strcmp(story_measures(a, i), story_measures(b, k)) == 0;
        if (!found)
            return false;
    }
    return true;
}

static enum change change_between(const struct story *a, const struct story *b)
{
    if (a->count == 0 || b->count == 0)
        return a->count > 0 ? CHANGE_FREED : b->count > 0 ? CHANGE_BOUND : CHANGE_NONE;
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = story_told(a, i)->at == story_told(b, i)->at &&
               strcmp(story_measures(a, i), story_measures(b, i)) == 0;
    if (same)
        return CHANGE_NONE;
    return measures_within(a, b) && measures_within(b, a) ? CHANGE_TIMES : CHANGE_MEASURES;
}

static int by_id(const void *left, const void *right)
{
    const struct recipient_change *a = left, *b = right;
    return strcmp(a->id, b->id);
}

/* Everybody who was told anything under either policy, once. */
static void gather(struct comparison *comparison, const struct chronicle *before,
                   const struct chronicle *after)
{
    size_t count = 0;
    comparison->recipients = xcalloc((size_t)before->recipients.count + after->recipients.count + 1,
                                     sizeof *comparison->recipients);
    for (uint32_t r = 0; r < before->recipients.count; r++)
        comparison->recipients[count++].id = intern_name(&before->recipients, (int)r);
    for (uint32_t r = 0; r < after->recipients.count; r++) {
        const char *id = intern_name(&after->recipients, (int)r);
        if (intern_find(&before->recipients, id) == INTERN_NONE)
            comparison->recipients[count++].id = id;
    }
    comparison->recipient_count = count;
    qsort(comparison->recipients, count, sizeof *comparison->recipients, by_id);
}

static void compare_recipients(struct comparison *comparison, const struct chronicle *before,
                               const struct chronicle *after, instant_ms end)
{
    struct sorted old_tolds = sort_tolds(before), new_tolds = sort_tolds(after);
    gather(comparison, before, after);
    for (size_t i = 0; i < comparison->recipient_count; i++) {
        struct recipient_change *change = &comparison->recipients[i];
        struct story a = story_of(&old_tolds, change->id), b = story_of(&new_tolds, change->id);
        change->change = change_between(&a, &b);
        change->orders[0] = a.count;
        change->orders[1] = b.count;
        change->bound[0] = story_bound(&a, end);
        change->bound[1] = story_bound(&b, end);
        comparison->changes[change->change]++;
    }
    sorted_release(&old_tolds);
    sorted_release(&new_tolds);
}

void compare(struct comparison *ret_comparison, const struct chronicle *before,
             const struct chronicle *after, instant_ms end)
{
    *ret_comparison = (struct comparison){0};
    pair_episodes(ret_comparison, before, after);
    compare_recipients(ret_comparison, before, after, end);
}

void comparison_release(struct comparison *comparison)
{
    free(comparison->pairs);
    free(comparison->recipients);
    *comparison = (struct comparison){0};
}
