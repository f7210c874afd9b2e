/* Stepping beside. */
#include "shell/shadow.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "model/bundle.h"
#include "store/journal.h"
#include "store/shadows.h"
#include <stdlib.h>

void shadow_init(struct shadow *shadow, struct store *store, const struct engine_options *options)
{
    *shadow = (struct shadow){.store = store, .options = *options};
    shadow->options.approvals = APPROVALS_ALL;
    shadow->options.trace = false;
}

void shadow_release(struct shadow *shadow)
{
    generation_free(shadow->generation);
    shadow->generation = NULL;
}

/* ---- stepping ---------------------------------------------------------------------- */

struct stepping {
    struct shadow *shadow;
    struct store_tx *tx; /* NULL: nothing is written, it is a replay */
    int number;
};

static int put_step(struct stepping *stepping, const struct step *step)
{
    const struct generation *generation = stepping->shadow->generation;
    int err = 0;
    for (size_t i = 0; i < step->count && err == 0 && stepping->tx; i++) {
        struct buf line = {0};
        decision_print(&line, &step->decisions[i], generation->bundle->policy.zone);
        struct shadow_row row = {.number = stepping->number++,
                                 .policy = generation_hash(generation),
                                 .at = step->decisions[i].at,
                                 .line = buf_str(&line)};
        err = shadow_put(stepping->tx, &row);
        buf_release(&line);
    }
    return err;
}

static int step_one(struct stepping *stepping, const struct fact *fact)
{
    struct step step = {0};
    int err = engine_step(stepping->shadow->generation->engine, fact, &step);
    return err < 0 ? 0 : put_step(stepping, &step);
}

/* Its own ticks first; the live one's ticks, failures and changes of policy are not its own. */
static int step(struct stepping *stepping, const struct fact *fact)
{
    struct engine *engine = stepping->shadow->generation->engine;
    instant_ms due;
    int err = 0;
    while (err == 0 && (due = engine_due(engine)) != INSTANT_NONE && due <= fact->arrival) {
        struct fact tick = {
            .kind = FACT_TICK, .time = due, .arrival = due, .source = "shadow", .id = ""};
        err = step_one(stepping, &tick);
    }
    if (err == 0 && fact->kind != FACT_TICK && fact->kind != FACT_FAILURE &&
        fact->kind != FACT_POLICY)
        err = step_one(stepping, fact);
    return err;
}

int shadow_step(struct shadow *shadow, struct store_tx *tx, const struct fact *fact)
{
    struct stepping stepping = {.shadow = shadow, .tx = tx};
    return shadow->generation ? step(&stepping, fact) : 0;
}

/* ---- beginning and coming back -------------------------------------------------------- */

static int make(struct shadow *shadow, const char *hash, struct events *events)
{
    struct findings findings = {0};
    shadow_release(shadow);
    int err =
        generation_of_store(&shadow->generation, shadow->store, hash, &shadow->options, &findings);
    if (err < 0 && err != ERR_STORE) {
        shadow->generation = NULL;
        events_add(events, LOG_WARNING, "shadow.refused",
                   tr("the shadow policy %s cannot be used: %s", "影子预案 %s 无法使用：%s"), hash,
                   findings.count > 0 ? findings.items[0].message : err_str(err));
    }
    findings_release(&findings);
    return err == ERR_STORE ? err : 0;
}

static int inherit(struct shadow *shadow, const struct generation *live)
{
    char *dropped = NULL;
    int err = shadow->generation ? generation_inherit(shadow->generation, live, &dropped) : 0;
    free(dropped);
    return err;
}

int shadow_begin(struct shadow *shadow, struct store_tx *tx, const char *hash,
                 const struct generation *live, struct events *events)
{
    int err = shadow_clear(tx);
    if (err == 0)
        err = make(shadow, hash, events);
    if (err == 0)
        err = inherit(shadow, live);
    return err < 0 ? err : shadow_keep(shadow, tx);
}

int shadow_end(struct shadow *shadow, struct store_tx *tx)
{
    shadow_release(shadow);
    return shadow_clear(tx);
}

static void load(void *arg, const void *bytes, size_t size)
{
    struct shadow *shadow = arg;
    char *dropped = NULL;
    if (engine_load(shadow->generation->engine, bytes, size, &dropped) < 0)
        shadow_release(shadow);
    free(dropped);
}

static int replay_row(void *arg, int64_t seq, const struct fact *fact)
{
    (void)seq;
    return step(arg, fact);
}

int shadow_know(struct shadow *shadow, const char *hash, const struct generation *live,
                struct events *events)
{
    int64_t seq = 0;
    struct stepping stepping = {.shadow = shadow};
    shadow_release(shadow);
    int err = hash ? make(shadow, hash, events) : 0;
    if (err < 0 || !shadow->generation)
        return err;
    int found = shadow_load(shadow->store, hash, &seq, load, shadow);
    if (found == 1 && shadow->generation)
        return journal_read(shadow->store, seq, replay_row, &stepping);
    events_add(events, LOG_WARNING, "shadow.anew", "%s",
               tr("the shadow's state is lost; it begins anew with the live one's",
                  "影子预案的状态已丢失，改用现行预案的状态重新开始"));
    err = found < 0 ? found : shadow->generation ? 0 : make(shadow, hash, events);
    return err < 0 ? err : inherit(shadow, live);
}

int shadow_keep(const struct shadow *shadow, struct store_tx *tx)
{
    if (!shadow->generation)
        return 0;
    struct buf bytes = {0};
    engine_save(shadow->generation->engine, &bytes);
    int err = shadow_save(tx, generation_hash(shadow->generation), buf_str(&bytes), bytes.size);
    buf_release(&bytes);
    return err;
}
