/* Reading a store as a bundle and a feed, and stepping through its journal again. */
#include "shell/past.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "model/feed.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/retire.h"
#include <stdio.h>
#include <stdlib.h>

static int refuse(struct store *store, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "D003", (struct place){.file = store_path(store)}, NULL, "%s",
                 store_message(store));
    return ERR_STORE;
}

static void add_change(struct past *past, const struct fact *fact)
{
    size_t count = past->change_count;
    if (count > 0 && str_equal(past->changes[count - 1].hash, fact->policy.hash))
        return;
    void *items = past->changes;
    xgrow(&items, past->change_count, &past->change_capacity, sizeof *past->changes);
    past->changes = items;
    struct past_change *change = &past->changes[past->change_count++];
    *change = (struct past_change){.since = fact->arrival};
    snprintf(change->hash, sizeof change->hash, "%s", fact->policy.hash);
}

static int take_row(void *arg, int64_t seq, const struct fact *fact)
{
    struct past *past = arg;
    past->last = seq;
    if (fact->kind == FACT_POLICY)
        add_change(past, fact);
    else if (fact->kind != FACT_TICK)
        feed_add_fact(past->feed, fact);
    return 0;
}

/* The engine's state cannot be built from the middle of the journal. */
static int check_whole(struct store *store, struct findings *findings)
{
    int64_t seq;
    char *file;
    if (retire_last(store, &seq, &file) < 0)
        return refuse(store, findings);
    if (seq > 0)
        findings_add(findings, SEV_ERROR, "D012", (struct place){.file = store_path(store)},
                     tr("work on a backup of before", "请使用归档之前的备份"),
                     tr("the first %lld facts have gone into the archive file %s",
                        "前 %lld 条事实已转入归档文件 %s"),
                     (long long)seq, file ? file : "?");
    free(file);
    return seq > 0 ? ERR_NOT_FOUND : 0;
}

static int read_store(struct past *past, struct store *store, struct findings *findings)
{
    char hash[HASH_HEX];
    char *mode = store_mode(store);
    if (!mode || archive_in_force(store, hash) < 0) {
        free(mode);
        return refuse(store, findings);
    }
    past->approvals = str_ends(mode, " all") ? APPROVALS_ALL : APPROVALS_BY_FACT;
    past->drill = str_starts(mode, "drill");
    free(mode);
    if (!hash[0]) {
        findings_add(findings, SEV_ERROR, "D011", (struct place){.file = store_path(store)}, NULL,
                     "%s", tr("nothing has happened in this store yet", "该存储中尚无任何记录"));
        return ERR_NOT_FOUND;
    }
    int err = check_whole(store, findings);
    if (err == 0)
        err = archive_bundle(store, hash, &past->bundle, findings);
    if (err < 0)
        return err;
    feed_new(&past->feed, past->bundle->policy.zone, &past->bundle->policy);
    if (journal_read(store, 0, take_row, past) < 0)
        return refuse(store, findings);
    feed_sort(past->feed, NULL);
    return 0;
}

int past_read(struct past *ret_past, const char *store_path, struct findings *findings)
{
    struct store *store;
    enum store_trouble trouble;
    struct store_options reader = {.reader = true};
    *ret_past = (struct past){0};
    int err = store_open(&store, store_path, &reader, &trouble, findings);
    if (err < 0)
        return err;
    ret_past->store = store;
    return read_store(ret_past, store, findings);
}

/* ---- the record, stepped again ----------------------------------------- */

struct retelling {
    struct past *past;
    struct engine_options options;
    instant_ms until;
    const struct replay_observer *observer;
    void (*in_force)(void *arg, const struct policy *policy);
    struct findings *findings;
    struct generation *generation; /* one of past->changes' */
    size_t changes, facts;
    bool over; /* beyond `until`, or what was there when the past was read */
};

static int change_policy(struct retelling *retelling, const char *hash)
{
    struct generation *old = retelling->generation, *new = NULL;
    if (old && str_equal(generation_hash(old), hash))
        return 0;
    int err = generation_of_store(&new, retelling->past->store, hash, &retelling->options,
                                  retelling->findings);
    if (err < 0)
        return err;
    retelling->past->changes[retelling->changes++].generation = new;
    char *dropped = NULL;
    err = generation_inherit(new, old, &dropped);
    free(dropped);
    if (err < 0)
        return err;
    retelling->generation = new;
    if (retelling->in_force)
        retelling->in_force(retelling->observer->arg, program_policy(new->program));
    return 0;
}

static int step_row(struct retelling *retelling, const struct fact *fact)
{
    const struct replay_observer *observer = retelling->observer;
    struct step step = {0};
    int answer = engine_step(retelling->generation->engine, fact, &step);
    for (size_t i = 0; answer == 0 && observer->decided && i < step.count; i++)
        answer = observer->decided(observer->arg, fact, &step.decisions[i]);
    if (answer != 0 || fact->kind == FACT_TICK || fact->kind == FACT_POLICY)
        return answer;
    size_t number = retelling->facts++;
    return observer->stepped ? observer->stepped(observer->arg, fact, number) : 0;
}

/* The first policy comes into force also where `until` lies before it, so that there is an engine
 * to ask. */
static int retell_row(void *arg, int64_t seq, const struct fact *fact)
{
    struct retelling *retelling = arg;
    bool beyond = retelling->until != INSTANT_NONE && fact->arrival > retelling->until;
    retelling->over = seq > retelling->past->last || beyond;
    if (retelling->over && retelling->generation)
        return 1;
    int err = fact->kind == FACT_POLICY ? change_policy(retelling, fact->policy.hash) : 0;
    if (err < 0)
        return err;
    if (!retelling->generation)
        return ERR_INVALID;
    return retelling->over ? 1 : step_row(retelling, fact);
}

static void forget_generations(struct past *past)
{
    for (size_t i = 0; i < past->change_count; i++) {
        generation_free(past->changes[i].generation);
        past->changes[i].generation = NULL;
    }
}

int past_replay(struct past *past, const struct engine_options *options, instant_ms until,
                const struct replay_observer *observer,
                void (*in_force)(void *arg, const struct policy *policy),
                struct engine **ret_engine, struct findings *findings)
{
    static const struct replay_observer blind = {0};
    struct retelling retelling = {.past = past,
                                  .options = *options,
                                  .until = until,
                                  .observer = observer ? observer : &blind,
                                  .in_force = in_force,
                                  .findings = findings};
    retelling.options.approvals = past->approvals;
    retelling.options.strict = past->approvals == APPROVALS_BY_FACT; /* as the pipeline had it */
    retelling.options.drill = past->drill;
    forget_generations(past);
    int answer = journal_read(past->store, 0, retell_row, &retelling);
    if (answer == ERR_STORE && findings->errors == 0)
        return refuse(past->store, findings);
    if (retelling.over && answer > 0)
        answer = 0;
    if (answer == 0 && !retelling.generation)
        answer = ERR_INVALID;
    if (answer == 0 && until != INSTANT_NONE)
        answer = replay_ticks(retelling.generation->engine, until, retelling.observer);
    *ret_engine = retelling.generation ? retelling.generation->engine : NULL;
    return answer;
}

const struct policy *past_policy_at(const struct past *past, instant_ms at)
{
    const struct policy *policy = NULL;
    for (size_t i = 0; i < past->change_count && past->changes[i].generation; i++)
        if (!policy || at == INSTANT_NONE || past->changes[i].since <= at)
            policy = program_policy(past->changes[i].generation->program);
    return policy;
}

void past_release(struct past *past)
{
    feed_free(past->feed);
    bundle_free(past->bundle);
    forget_generations(past);
    free(past->changes);
    store_close(past->store);
    *past = (struct past){0};
}
