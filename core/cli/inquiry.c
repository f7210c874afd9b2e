/* See inquiry.h. */
#include "cli/inquiry.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void inquiry_init(struct inquiry *inquiry, const struct verb *verb, const char *id,
                  const struct policy *policy)
{
    *inquiry = (struct inquiry){.verb = verb, .id = id};
    chronicle_init(&inquiry->chronicle, policy, false);
}

static const char *copy(struct inquiry *inquiry, const char *text)
{
    return text ? arena_strdup(&inquiry->chronicle.arena, text) : NULL;
}

static bool is_named(const struct inquiry *inquiry, const struct decision *decision)
{
    bool instance = decision->kind >= DECISION_TASK && decision->kind <= DECISION_CLEAR;
    if (decision->order && str_starts(decision->order, inquiry->id))
        return true;
    return instance && decision->episode && strcmp(decision->episode, inquiry->id) == 0;
}

static void keep_match(struct inquiry *inquiry, const struct decision *decision)
{
    const struct passage *before = chronicle_passage_before(&inquiry->chronicle, decision->episode);
    const char **because = arena_alloc(&inquiry->chronicle.arena,
                                       ((size_t)decision->because_count + 1) * sizeof *because);
    void *matches = inquiry->matches;
    for (int i = 0; i < decision->because_count; i++)
        because[i] = copy(inquiry, decision->because[i]);
    xgrow(&matches, inquiry->count, &inquiry->capacity, sizeof *inquiry->matches);
    inquiry->matches = matches;
    inquiry->matches[inquiry->count++] = (struct matched){
        .at = decision->at,
        .kind = decision->kind,
        .id = copy(inquiry, decision->order ? decision->order : decision->episode),
        .rule = copy(inquiry, decision->rule),
        .episode = copy(inquiry, decision->episode),
        .to = copy(inquiry, decision->to),
        .measures = copy(inquiry, decision->measures),
        .text = copy(inquiry, decision->text),
        .trace = copy(inquiry, decision->trace),
        .because = because,
        .because_count = decision->because_count,
        .passage = before ? (size_t)(before - inquiry->chronicle.passages) + 1 : 0,
    };
}

int inquiry_decided(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct inquiry *inquiry = arg;
    (void)cause;
    if (decision->kind >= DECISION_KINDS)
        return 0;
    chronicle_add(&inquiry->chronicle, decision);
    if (!decision_is_passage(decision->kind) && is_named(inquiry, decision))
        keep_match(inquiry, decision);
    return 0;
}

/* ---- which one is meant
 * ---------------------------------------------------------------------------------------- */

/* True when there is exactly one; the names of several are told. */
static bool single(const struct inquiry *inquiry, const char *const *names, size_t count)
{
    if (count == 1)
        return true;
    if (count == 0)
        return false;
    verb_complain(inquiry->verb, tr("“%s” names %zu things:", "“%s”对应 %zu 个："), inquiry->id,
                  count);
    for (size_t i = 0; i < count && i < 10; i++)
        fprintf(stderr, "  %s\n", names[i]);
    return false;
}

/* Episodes whose id is, or begins with, what was asked; an exact one stands alone. */
static size_t find_episodes(const struct inquiry *inquiry, const char **names,
                            const struct episode **ret_episode)
{
    size_t count = 0;
    for (size_t i = 0; i < inquiry->chronicle.episode_count; i++) {
        const struct episode *episode = &inquiry->chronicle.episodes[i];
        if (!str_starts(episode->id, inquiry->id))
            continue;
        *ret_episode = episode;
        names[count++] = episode->id;
        if (strcmp(episode->id, inquiry->id) == 0) {
            names[0] = episode->id;
            return 1;
        }
    }
    return count;
}

static size_t find_plans(const struct inquiry *inquiry, const char **names,
                         const struct passage **ret_passage)
{
    size_t count = 0;
    for (size_t i = 0; i < inquiry->chronicle.passage_count; i++) {
        const struct passage *passage = &inquiry->chronicle.passages[i];
        if (!passage->planned || !str_starts(passage->plan, inquiry->id))
            continue;
        *ret_passage = passage;
        names[count++] = passage->plan;
    }
    return count;
}

/* Different ids among the matches. */
static size_t find_matches(const struct inquiry *inquiry, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < inquiry->count; i++) {
        bool known = false;
        for (size_t k = 0; k < count && !known; k++)
            known = strcmp(names[k], inquiry->matches[i].id) == 0;
        if (!known)
            names[count++] = inquiry->matches[i].id;
    }
    return count;
}

bool inquiry_find(const struct inquiry *inquiry, struct answer *ret_answer)
{
    struct answer found_answer = {0}, *answer = &found_answer;
    const struct chronicle *chronicle = &inquiry->chronicle;
    size_t room = chronicle->episode_count + chronicle->passage_count + inquiry->count + 1;
    const char **names = xcalloc(room, sizeof *names);
    bool found = strcmp(inquiry->id, "last") == 0;
    size_t count = 0;
    if (found && chronicle->passage_count > 0) {
        answer->passage = &chronicle->passages[chronicle->passage_count - 1];
    } else if (!found) {
        count = find_matches(inquiry, names);
        answer->matches = count > 0;
        if (count == 0)
            count = find_episodes(inquiry, names, &answer->episode);
        if (count == 0)
            count = find_plans(inquiry, names, &answer->passage);
        found = single(inquiry, names, count);
    }
    if (found && chronicle->passage_count == 0 && inquiry->count == 0)
        verb_complain(inquiry->verb, "%s", tr("nothing was decided", "没有作出任何决定"));
    else if (!found && count == 0)
        verb_misuse(inquiry->verb,
                    tr("`yujing replay` lists episodes, `-o jsonl` the orders",
                       "预警过程见 `yujing replay`，指令见 `-o jsonl`"),
                    tr("nothing is named “%s”", "没有编号为“%s”的决定"), inquiry->id);
    free(names);
    *ret_answer = found_answer;
    return found && (answer->passage || answer->episode || answer->matches);
}

void inquiry_release(struct inquiry *inquiry)
{
    chronicle_release(&inquiry->chronicle);
    free(inquiry->matches);
    *inquiry = (struct inquiry){0};
}
