/* The letters of the last check, looked at until each has come to its end. */
#include "shell/self_check.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "shell/intake.h"
#include "shell/letter.h"
#include "shell/metrics.h"
#include "store/letters.h"
#include <stdio.h>
#include <stdlib.h>

enum standing { UNDER_WAY, ARRIVED, LOST };
struct tested { /* one gateway's letter of the last check */
    char gateway[64];
    instant_ms made;
    enum standing standing;
};
struct self_check {
    const struct upkeep_host *host;
    bool looked;           /* the store has been asked at least once */
    int64_t serial;        /* letters before it are of earlier checks */
    instant_ms last;       /* of the last check; INSTANT_NONE: none yet */
    instant_ms asked;      /* the act was offered; until its letters are seen */
    instant_ms engine_now; /* INSTANT_NONE: no policy is in force, so there is nothing to check */
    instant_ms told;       /* of the check whose failure was told */
    struct tested tested[GATEWAYS_MAX];
    int count;
};

/* ---- looking, on the worker's thread --------------------------------------- */

struct looking {
    struct self_check *self_check;
    struct store *store;
};

static struct tested *tested_of(struct self_check *self_check, const char *gateway)
{
    for (int i = 0; i < self_check->count; i++)
        if (str_equal(self_check->tested[i].gateway, gateway))
            return &self_check->tested[i];
    if (self_check->count == GATEWAYS_MAX)
        return NULL;
    struct tested *tested = &self_check->tested[self_check->count++];
    *tested = (struct tested){0};
    snprintf(tested->gateway, sizeof tested->gateway, "%s", gateway);
    return tested;
}

static int look_consignment(void *arg, const struct consignment *consignment)
{
    struct looking *looking = arg;
    struct tested *tested = tested_of(looking->self_check, consignment->key.gateway);
    if (!tested)
        return 0;
    tested->made = consignment->made;
    tested->standing = consignment->state == OUTBOX_DELIVERED ? ARRIVED
                       : consignment->state == OUTBOX_DEAD || consignment->state == OUTBOX_CANCELLED
                           ? LOST
                           : UNDER_WAY;
    return 0;
}

static int look_letter(void *arg, const struct letter_row *row)
{
    struct looking *looking = arg;
    struct self_check *self_check = looking->self_check;
    if (self_check->last == INSTANT_NONE || row->made > self_check->last) {
        self_check->last = row->made;
        self_check->serial = row->serial - 1;
        self_check->count = 0;
    }
    outbox_of(looking->store, row->id, look_consignment, looking);
    return 0;
}

void self_check_look(struct self_check *self_check, const struct view *view)
{
    if (!self_check)
        return;
    struct looking looking = {self_check, view->store};
    struct letter_query query = {.kind = letter_kind_name(LETTER_TEST),
                                 .after = self_check->serial};
    self_check->engine_now = view->live ? engine_now(view->live->engine) : INSTANT_NONE;
    self_check->looked = letter_find(view->store, &query, look_letter, &looking) >= 0;
}

/* ---- from the loop ---------------------------------------------------------- */

static void offered(void *arg, const struct tally *tally)
{
    (void)tally;
    load_free(arg);
}

static void begin(struct self_check *self_check)
{
    const struct upkeep_host *host = self_check->host;
    instant_ms now = clock_now(&host->clock);
    char id[40];
    snprintf(id, sizeof id, "%lld", (long long)now);
    instant_ms arrival =
        host->by_clock ? now : self_check->engine_now; /* time is not ours to move */
    struct fact fact = {.kind = FACT_DECISION, .time = arrival, .arrival = arrival};
    fact.source = "self_check";
    fact.subject = "daemon"; /* every decision has one, and is not read back without */
    fact.id = id;
    fact.decision.act = ACT_TEST;
    fact.decision.by = "self_check";
    fact.decision.note = tr("the scheduled self-check", "定期自检");
    fact.decision.until = INSTANT_NONE;
    struct load *load = load_new();
    load_add(load, &fact);
    self_check->asked = now;
    load_offer(load, host->inbox, offered, load);
}

static void tell(struct self_check *self_check, const char *gateways)
{
    const struct upkeep_host *host = self_check->host;
    char *text = xasprintf(tr("the self-check failed: no test letter arrived by %s",
                              "自检未通过：测试信件经以下网关未能送达：%s"),
                           gateways);
    host->alarm(host->host, "self_check.failed", text);
    free(text);
    self_check->told = self_check->last;
}

static void put_metrics(struct self_check *self_check, const struct tested *tested, bool failed)
{
    char labels[96];
    snprintf(labels, sizeof labels, "gateway=\"%s\"", tested->gateway);
    metrics_set(self_check->host->metrics, "yujing_self_check_time_seconds", labels,
                (double)tested->made / 1000);
    if (failed || tested->standing == ARRIVED)
        metrics_set(self_check->host->metrics, "yujing_self_check_success", labels, !failed);
}

static void judge(struct self_check *self_check, instant_ms now)
{
    struct buf bad = {0};
    for (int i = 0; i < self_check->count; i++) {
        const struct tested *tested = &self_check->tested[i];
        bool late = now - tested->made > self_check->host->conf->self_check.within;
        bool failed = tested->standing == LOST || (tested->standing == UNDER_WAY && late);
        put_metrics(self_check, tested, failed);
        if (failed)
            buf_printf(&bad, "%s%s", bad.size > 0 ? ", " : "", tested->gateway);
    }
    if (bad.size > 0 && self_check->told != self_check->last)
        tell(self_check, buf_str(&bad));
    buf_release(&bad);
}

void self_check_consider(struct self_check *self_check)
{
    if (!self_check || !self_check->looked || self_check->engine_now == INSTANT_NONE)
        return;
    const struct upkeep_host *host = self_check->host;
    instant_ms now = clock_now(&host->clock);
    instant_ms last = self_check->last > self_check->asked ? self_check->last : self_check->asked;
    judge(self_check, now);
    if (last == INSTANT_NONE || now - last >= host->conf->self_check.every || now < last - DAY_MS)
        begin(self_check);
}

struct self_check *self_check_new(const struct upkeep_host *host)
{
    if (host->conf->self_check.every == 0 || host->effects == EFFECTS_NONE)
        return NULL;
    struct self_check *self_check = xcalloc(1, sizeof *self_check);
    *self_check = (struct self_check){.host = host,
                                      .engine_now = INSTANT_NONE,
                                      .last = INSTANT_NONE,
                                      .asked = INSTANT_NONE,
                                      .told = INSTANT_NONE};
    return self_check;
}

void self_check_free(struct self_check *self_check)
{
    free(self_check);
}
