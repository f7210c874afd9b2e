/* One policy after another. */
#include "shell/succession.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/settings.h"
#include "store/archive.h"
#include <stdio.h>
#include <stdlib.h>

static const char refused_name[] = "policy.refused", shadow_name[] = "shadow";

void succession_init(struct succession *succession, struct store *store,
                     const struct engine_options *options, const struct bundle *wanted,
                     const char *with_json)
{
    *succession = (struct succession){.store = store,
                                      .options = options,
                                      .folders = wanted,
                                      .wanted = wanted,
                                      .with_json = with_json};
    shadow_init(&succession->shadow, store, options);
}

void succession_release(struct succession *succession)
{
    shadow_release(&succession->shadow);
    generation_free(succession->generation);
    succession->generation = NULL;
}

/* ---- taking over ------------------------------------------------------------------- */

static void tell_dropped(struct recorder *recorder, char *dropped)
{
    if (dropped)
        events_add(recorder->post->events, LOG_WARNING, "policy.dropped",
                   tr("given up, because this policy does not know it: %s",
                      "新版本中不存在，其状态不再保留：%s"),
                   dropped);
    free(dropped);
}

static int take_over(struct succession *succession, struct recorder *recorder,
                     struct generation *new, instant_ms at)
{
    char *dropped = NULL;
    int err = generation_inherit(new, succession->generation, &dropped);
    tell_dropped(recorder, dropped);
    if (err < 0) {
        generation_free(new);
        return err;
    }
    generation_free(succession->generation);
    succession->generation = new;
    recorder->post->generation = new;
    struct fact policy = {.kind = FACT_POLICY, .arrival = at};
    policy.policy.hash = generation_hash(new);
    events_add(recorder->post->events, LOG_INFO, "policy",
               tr("policy %s is in force", "预案版本 %s 生效"), generation_hash(new));
    return record_ours(recorder, &policy);
}

/* What a refused policy says first, for the log; all of it is `check`'s to say. */
static void tell_refused(struct recorder *recorder, const char *hash, int err,
                         const struct findings *findings)
{
    const struct finding *first = findings->count > 0 ? &findings->items[0] : NULL;
    if (first)
        events_add(recorder->post->events, LOG_ALARM, "policy.refused",
                   tr("policy %s is refused, the one in force stays: %s:%d: %s",
                      "预案版本 %s 不予采用，继续执行现行版本：%s:%d：%s"),
                   hash, first->file, first->line, first->message);
    else
        events_add(recorder->post->events, LOG_ALARM, "policy.refused",
                   tr("policy %s is refused, the one in force stays: %s",
                      "预案版本 %s 不予采用，继续执行现行版本：%s"),
                   hash, err_str(err));
}

/* The policy is copied out of its bundle into the store first, and what stands there is held
 * against its hash, so that what is at work is always what a later start will find. */
static int change(struct succession *succession, struct recorder *recorder, const char *hash,
                  const struct bundle *bundle, instant_ms at, struct findings *findings)
{
    struct generation *new = NULL;
    int err = bundle ? archive_put(recorder->post->tx, bundle, succession->with_json) : 0;
    if (err == 0)
        err = generation_at_hand(&new, succession->store, hash, bundle, succession->options,
                                 findings);
    return err < 0 ? err : take_over(succession, recorder, new, at);
}

/* ---- the start ----------------------------------------------------------------------- */

static bool is_in_force(const struct succession *succession, const char *hash)
{
    return succession->generation && str_equal(generation_hash(succession->generation), hash);
}

int succession_start(struct succession *succession, struct recorder *recorder, instant_ms at,
                     struct findings *findings)
{
    const struct bundle *wanted = succession->considered ? NULL : succession->wanted;
    struct findings own = {0};
    if (!wanted)
        return 0;
    succession->considered = true;
    if (is_in_force(succession, wanted->hash))
        return 0;
    if (succession->generation &&
        str_equal(settings_get(recorder->post->settings, refused_name), wanted->hash)) {
        events_add(recorder->post->events, LOG_WARNING, "policy.kept",
                   tr("policy %s was rolled back from and is not taken up again",
                      "预案版本 %s 已被回退，不再自动采用"),
                   wanted->hash);
        return 0;
    }
    if (!succession->generation)
        return change(succession, recorder, wanted->hash, wanted, at, findings);
    int err = change(succession, recorder, wanted->hash, wanted, at, &own);
    if (err < 0 && err != ERR_STORE) {
        tell_refused(recorder, wanted->hash, err, &own);
        err = 0;
    }
    findings_release(&own);
    return err;
}

void succession_committed(struct succession *succession)
{
    if (succession->considered)
        succession->wanted = NULL;
}

/* ---- acts ------------------------------------------------------------------------------ */

static int set_shadow(struct succession *succession, struct recorder *recorder, const char *hash)
{
    struct post *post = recorder->post;
    int err = str_equal(hash, "none") ? shadow_end(&succession->shadow, post->tx)
                                      : shadow_begin(&succession->shadow, post->tx, hash,
                                                     succession->generation, post->events);
    const char *now = succession->shadow.generation ? hash : NULL;
    events_add(post->events, LOG_INFO, "shadow",
               now ? tr("policy %s is the shadow", "影子预案：%s")
                   : tr("there is no shadow (%s)", "无影子预案（%s）"),
               hash);
    return err < 0 ? err : settings_set(post->settings, post->tx, shadow_name, now);
}

/* Back from a policy means: not to it again, but by another act. */
static int remember_refusal(struct recorder *recorder, const struct fact *fact, const char *from,
                            const char *to)
{
    struct post *post = recorder->post;
    if (fact->decision.act == ACT_ROLLBACK)
        return settings_set(post->settings, post->tx, refused_name, from);
    if (str_equal(settings_get(post->settings, refused_name), to))
        return settings_set(post->settings, post->tx, refused_name, NULL);
    return 0;
}

static int supersede(struct succession *succession, struct recorder *recorder,
                     const struct fact *fact, const char *hash, const struct bundle *offered)
{
    struct findings findings = {0};
    char from[HASH_HEX];
    if (is_in_force(succession, hash))
        return 0;
    snprintf(from, sizeof from, "%s", generation_hash(succession->generation));
    int err = change(succession, recorder, hash, offered, fact->arrival, &findings);
    if (err == 0)
        err = remember_refusal(recorder, fact, from, hash);
    else if (err != ERR_STORE) {
        tell_refused(recorder, hash, err, &findings);
        err = 0;
    }
    findings_release(&findings);
    return err;
}

int succession_act(struct succession *succession, struct recorder *recorder,
                   const struct fact *fact, const struct bundle *offered)
{
    const struct decision_fact *decision = &fact->decision;
    const char *hash = decision->plan ? decision->plan : offered ? offered->hash : NULL;
    bool mine = decision->act == ACT_RELOAD || decision->act == ACT_ROLLBACK;
    if (!mine || !hash || !decision->note || !decision->note[0])
        return 0;
    if (offered && !str_equal(offered->hash, hash))
        offered = NULL;
    if (!str_equal(decision->text, "shadow"))
        return supersede(succession, recorder, fact, hash, offered);
    int err = offered ? archive_put(recorder->post->tx, offered, succession->with_json) : 0;
    return err < 0 ? err : set_shadow(succession, recorder, hash);
}
