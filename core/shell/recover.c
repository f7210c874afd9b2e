/* From the store back to the engine.
 *
 * The tail's facts carry their recorded arrival, ticks included, so the engine passes through the
 * very steps it passed through before.  What it decides on the way is compared with the record and
 * otherwise dropped: the orders are in the outbox already. */
#include "shell/recover.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/bundle.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/snapshot.h"
#include <stdlib.h>

struct recovering {
    struct store *store;
    const struct bundle *at_hand;
    const struct engine_options *options;
    struct generation *generation;
    struct recovery report;
    struct findings *findings;
};
struct comparing {
    const struct step *step;
    size_t next;
    bool differs;
    span_ms zone;
};

static int compare_row(void *arg, const struct ledger_row *row)
{
    struct comparing *comparing = arg;
    if (comparing->next >= comparing->step->count) {
        comparing->differs = true;
        return 1;
    }
    struct buf line = {0};
    decision_print(&line, &comparing->step->decisions[comparing->next++], comparing->zone);
    comparing->differs = !str_equal(buf_str(&line), row->line);
    buf_release(&line);
    return comparing->differs;
}

static int compare(struct recovering *recovering, int64_t seq, const struct step *step)
{
    struct comparing comparing = {.step = step,
                                  .zone = recovering->generation->bundle->policy.zone};
    int err = ledger_of(recovering->store, seq, compare_row, &comparing);
    if (err < 0)
        return err;
    if (comparing.differs || comparing.next < step->count)
        recovering->report.differs = seq;
    return 0;
}

static int change_policy(struct recovering *recovering, const char *hash)
{
    struct generation *old = recovering->generation, *new = NULL;
    if (old && str_equal(generation_hash(old), hash))
        return 0;
    int err = generation_at_hand(&new, recovering->store, hash, recovering->at_hand,
                                 recovering->options, recovering->findings);
    if (err < 0)
        return err;
    char *dropped = NULL;
    err = generation_inherit(new, old, &dropped);
    free(dropped);
    if (err < 0) {
        generation_free(new);
        return err;
    }
    generation_free(old);
    recovering->generation = new;
    return 0;
}

static int step_row(void *arg, int64_t seq, const struct fact *fact)
{
    struct recovering *recovering = arg;
    int err = fact->kind == FACT_POLICY ? change_policy(recovering, fact->policy.hash) : 0;
    if (err < 0)
        return err;
    if (!recovering->generation)
        return ERR_INVALID;
    struct step step = {0};
    err = engine_step(recovering->generation->engine, fact, &step);
    if (err == 0 && recovering->report.differs == 0)
        err = compare(recovering, seq, &step);
    recovering->report.replayed++;
    recovering->report.last = seq;
    return err;
}

static int start_from(struct recovering *recovering, const struct snapshot *snapshot)
{
    char *dropped = NULL;
    int err = generation_at_hand(&recovering->generation, recovering->store, snapshot->bundle,
                                 recovering->at_hand, recovering->options, recovering->findings);
    if (err == 0)
        err =
            engine_load(recovering->generation->engine, snapshot->bytes, snapshot->size, &dropped);
    free(dropped);
    if (err == 0)
        recovering->report.snapshot = recovering->report.last = snapshot->seq;
    return err;
}

/* A snapshot that this program cannot read (an older format) is passed over for the one before it,
 * and at last for the journal's beginning; a policy that cannot be compiled stops us. */
static int start_from_newest(struct recovering *recovering)
{
    int64_t before = INT64_MAX;
    for (;;) {
        struct snapshot snapshot = {0};
        int err = snapshot_newest(recovering->store, before, &snapshot);
        if (err == ERR_NOT_FOUND)
            return 0;
        if (err < 0)
            return err;
        before = snapshot.seq;
        err = start_from(recovering, &snapshot);
        snapshot_release(&snapshot);
        if (err == 0 || !recovering->generation)
            return err;
        generation_free(recovering->generation);
        recovering->generation = NULL;
    }
}

int recover(struct store *store, const struct bundle *at_hand, const struct engine_options *options,
            struct generation **ret_generation, struct recovery *ret_recovery,
            struct findings *findings)
{
    struct recovering recovering = {
        .store = store, .at_hand = at_hand, .options = options, .findings = findings};
    int err = start_from_newest(&recovering);
    if (err == 0)
        err = journal_read(store, recovering.report.snapshot, step_row, &recovering);
    if (err != 0) {
        generation_free(recovering.generation);
        return err;
    }
    *ret_generation = recovering.generation;
    *ret_recovery = recovering.report;
    return 0;
}
