/* See chronicle.h. */
#include "cli/chronicle.h"
#include "base/xalloc.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

bool decision_is_passage(enum decision_kind kind)
{
    return kind <= DECISION_REOPEN || kind == DECISION_ROTA_START || kind == DECISION_ROTA_END;
}

void chronicle_init(struct chronicle *chronicle, const struct policy *policy, bool keep_orders)
{
    *chronicle =
        (struct chronicle){.policy = policy, .keep_orders = keep_orders, .last = INSTANT_NONE};
    intern_add(&chronicle->measures, "[]");
}

static const char *copy(struct chronicle *chronicle, const char *text)
{
    return text ? arena_strdup(&chronicle->arena, text) : NULL;
}

static void copy_plan(struct passage *passage, const struct plan *plan)
{
    passage->planned = true;
    memcpy(passage->shares, plan->shares, sizeof passage->shares);
    memcpy(passage->plan, plan->hash, sizeof passage->plan);
    passage->bound = plan->bound;
    for (size_t i = 0; i < plan->count; i++) {
        passage->orders_new += plan->orders[i].change == ORDER_NEW;
        passage->orders_changed += plan->orders[i].change == ORDER_CHANGED;
        passage->orders_released += plan->orders[i].change == ORDER_RELEASED;
    }
}

static size_t add_passage(struct chronicle *chronicle, const struct decision *decision)
{
    void *items = chronicle->passages;
    xgrow(&items, chronicle->passage_count, &chronicle->passage_capacity,
          sizeof *chronicle->passages);
    chronicle->passages = items;
    struct passage *passage = &chronicle->passages[chronicle->passage_count];
    const char **because =
        arena_alloc(&chronicle->arena, ((size_t)decision->because_count + 1) * sizeof *because);
    for (int i = 0; i < decision->because_count; i++)
        because[i] = copy(chronicle, decision->because[i]);
    *passage = (struct passage){
        .at = decision->at,
        .begin = decision->begin,
        .kind = decision->kind,
        .rule = copy(chronicle, decision->rule),
        .episode = copy(chronicle, decision->episode),
        .level = copy(chronicle, decision->level),
        .from = copy(chronicle, decision->from),
        .because = because,
        .because_count = decision->because_count,
        .trace = copy(chronicle, decision->trace),
        .source = decision->source,
    };
    if (decision->plan)
        copy_plan(passage, decision->plan);
    return chronicle->passage_count++;
}

/* The id is rule/subject/start. */
static size_t subject_size(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? (size_t)(slash - id) : strlen(id);
}

static struct episode *find_episode(struct chronicle *chronicle, const char *id)
{
    int number = intern_find(&chronicle->episode_ids, id);
    return number < 0 ? NULL : &chronicle->episodes[number];
}

static struct episode *make_episode(struct chronicle *chronicle, const struct decision *decision)
{
    struct episode *episode = find_episode(chronicle, decision->episode);
    if (episode)
        return episode;
    intern_add(&chronicle->episode_ids, decision->episode);
    void *items = chronicle->episodes;
    xgrow(&items, chronicle->episode_count, &chronicle->episode_capacity,
          sizeof *chronicle->episodes);
    chronicle->episodes = items;
    episode = &chronicle->episodes[chronicle->episode_count++];
    *episode = (struct episode){
        .id = copy(chronicle, decision->episode),
        .rule = copy(chronicle, decision->rule),
        .subject_size = subject_size(decision->episode),
        .warning = decision->kind <= DECISION_REOPEN,
        .issued = decision->at,
        .lifted = INSTANT_NONE,
        .peak_level = -1,
    };
    return episode;
}

static void extend_episode(struct chronicle *chronicle, struct episode *episode, size_t number)
{
    const struct passage *passage = &chronicle->passages[number];
    void *items = episode->passages;
    xgrow(&items, episode->count, &episode->capacity, sizeof *episode->passages);
    episode->passages = items;
    episode->passages[episode->count++] = number;
    bool ends = passage->kind == DECISION_LIFT || passage->kind == DECISION_ROTA_END;
    episode->lifted = ends ? passage->at : INSTANT_NONE;
    int level = passage->level ? policy_level(chronicle->policy, passage->level) : -1;
    if (level > episode->peak_level) {
        episode->peak_level = level;
        episode->peak = passage->level;
    }
}

static void add_told(struct chronicle *chronicle, const struct decision *decision)
{
    void *items = chronicle->tolds;
    xgrow(&items, chronicle->told_count, &chronicle->told_capacity, sizeof *chronicle->tolds);
    chronicle->tolds = items;
    bool release = decision->kind == DECISION_RELEASE;
    chronicle->tolds[chronicle->told_count++] = (struct told){
        .at = decision->at,
        .recipient = intern_add(&chronicle->recipients, decision->to ? decision->to : ""),
        .measures = release ? 0
                            : intern_add(&chronicle->measures,
                                         decision->measures ? decision->measures : "[]"),
        .release = release,
    };
}

void chronicle_add(struct chronicle *chronicle, const struct decision *decision)
{
    chronicle->last = decision->at;
    if (decision->kind < DECISION_KINDS)
        chronicle->counts[decision->kind]++;
    if (decision_is_passage(decision->kind) && decision->episode) {
        size_t number = add_passage(chronicle, decision);
        extend_episode(chronicle, make_episode(chronicle, decision), number);
    } else if (decision->kind == DECISION_ORDER || decision->kind == DECISION_RELEASE) {
        struct episode *episode =
            decision->episode ? find_episode(chronicle, decision->episode) : NULL;
        if (episode)
            episode->orders++;
        if (chronicle->keep_orders)
            add_told(chronicle, decision);
    }
}

const struct passage *chronicle_passage_before(const struct chronicle *chronicle, const char *id)
{
    int number = id ? intern_find(&chronicle->episode_ids, id) : INTERN_NONE;
    if (number < 0)
        return NULL;
    const struct episode *episode = &chronicle->episodes[number];
    return &chronicle->passages[episode->passages[episode->count - 1]];
}

void chronicle_release(struct chronicle *chronicle)
{
    for (size_t i = 0; i < chronicle->episode_count; i++)
        free(chronicle->episodes[i].passages);
    free(chronicle->passages);
    free(chronicle->episodes);
    free(chronicle->tolds);
    intern_release(&chronicle->episode_ids);
    intern_release(&chronicle->recipients);
    intern_release(&chronicle->measures);
    arena_release(&chronicle->arena);
    *chronicle = (struct chronicle){0};
}
