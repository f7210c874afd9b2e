/* Four steps, one after another: plan, write, mark, sweep. */
#include "shell/retention.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/folder.h"
#include "shell/metrics.h"
#include "store/retire.h"
#include <stdlib.h>
#include <uv.h>

enum { SWEEP_FACTS = 500 }; /* about ten milliseconds */
enum stage { IDLE, PLANNING, WRITING, MARKING, SWEEPING };

struct retention {
    const struct upkeep_host *host;
    const struct retention_conf *conf;
    const char *store_path;
    instant_ms due;
    enum stage stage;
    bool stalled;
    struct question question;
    uv_work_t writing;
    struct retirement retirement;
    struct findings findings;
    int err;
    int64_t swept; /* by the last piece */
};

/* ---- on the worker's thread ------------------------------------------------ */

static void sweep(struct retention *retention, struct store_tx *tx)
{
    int64_t swept = retire_sweep(tx, SWEEP_FACTS);
    retention->swept = swept > 0 ? swept : 0;
    retention->err = swept < 0 ? (int)swept : 0;
}

/* The turn is committed: this is a transaction of ours, before the next one begins. */
static void write_piece(struct retention *retention, const struct view *view)
{
    struct store_tx *tx;
    retention->err = store_begin(view->store, view->now, &tx);
    if (retention->err < 0)
        return;
    if (retention->stage == MARKING)
        retention->err = retire_mark(tx, &retention->retirement);
    else
        sweep(retention, tx);
    if (retention->err < 0)
        store_rollback(tx);
    else
        retention->err = store_commit(tx);
}

static void work(void *arg, const struct view *view)
{
    struct retention *retention = arg;
    instant_ms cutoff = view->now - retention->conf->days * (instant_ms)DAY_MS;
    if (retention->stage == PLANNING)
        retention->err = retire_plan(view->store, cutoff, &retention->retirement);
    else
        write_piece(retention, view);
    if (retention->err == ERR_STORE && retention->findings.count == 0)
        findings_add(&retention->findings, SEV_ERROR, "D003",
                     (struct place){.file = store_path(view->store)}, NULL, "%s",
                     store_message(view->store));
}

/* ---- on a thread of the pool ------------------------------------------------ */

static void write_file(uv_work_t *work_)
{
    struct retention *retention = work_->data;
    struct store *reader;
    enum store_trouble trouble;
    struct store_options options = {.reader = true};
    retention->err = folder_make(retention->conf->folder, &retention->findings);
    if (retention->err == 0)
        retention->err =
            store_open(&reader, retention->store_path, &options, &trouble, &retention->findings);
    if (retention->err < 0)
        return;
    retention->err =
        retire_write(reader, retention->conf->folder, &retention->retirement, &retention->findings);
    store_close(reader);
}

/* ---- from the loop ---------------------------------------------------------- */

static void end(struct retention *retention, span_ms again)
{
    retention->due = clock_now(&retention->host->clock) + again;
    retention->stage = IDLE;
    retirement_release(&retention->retirement);
    findings_release(&retention->findings);
}

static void failed(struct retention *retention)
{
    const struct upkeep_host *host = retention->host;
    char *text = xasprintf(tr("old facts could not be archived, all of them are kept: %s",
                              "历史记录归档未能完成，记录均予保留：%s"),
                           retention->findings.count > 0 ? retention->findings.items[0].message
                                                         : err_str(retention->err));
    host->alarm(host->host, "retention.failed", text);
    free(text);
    end(retention, DAY_MS);
}

static void go_on(struct retention *retention, enum stage stage)
{
    retention->stage = stage;
    retention->host->ask(retention->host->host, &retention->question);
}

static void written(uv_work_t *work_, int status)
{
    struct retention *retention = work_->data;
    if (status < 0 || retention->err < 0)
        failed(retention);
    else
        go_on(retention, MARKING);
}

static void planned(struct retention *retention)
{
    const struct retirement *retirement = &retention->retirement;
    /* What was marked before a stop and is not deleted yet goes on all the same. */
    if (retirement->last < retirement->first) {
        go_on(retention, SWEEPING);
        return;
    }
    retention->stage = WRITING;
    retention->writing.data = retention;
    uv_queue_work(retention->host->loop, &retention->writing, write_file, written);
}

static void swept(struct retention *retention)
{
    const struct upkeep_host *host = retention->host;
    metrics_add(host->metrics, "yujing_retired_facts_total", NULL, (double)retention->swept);
    if (retention->swept > 0) {
        go_on(retention, SWEEPING);
        return;
    }
    if (retention->retirement.file)
        log_event(host->log, LOG_INFO, "retention",
                  tr("facts %lld to %lld are archived in %s", "第 %lld 至 %lld 条事实已归档至 %s"),
                  (long long)retention->retirement.first, (long long)retention->retirement.last,
                  retention->retirement.file);
    end(retention, DAY_MS);
}

static void worked(void *arg, bool asked)
{
    struct retention *retention = arg;
    retention->stalled = !asked;
    if (!asked)
        return;
    if (retention->err < 0)
        failed(retention);
    else if (retention->stage == PLANNING)
        planned(retention);
    else if (retention->stage == MARKING)
        go_on(retention, SWEEPING);
    else
        swept(retention);
}

void retention_consider(struct retention *retention)
{
    if (!retention)
        return;
    if (retention->stage == IDLE && clock_now(&retention->host->clock) >= retention->due)
        go_on(retention, PLANNING);
    else if (retention->stage != IDLE && retention->stage != WRITING && retention->stalled)
        go_on(retention, retention->stage);
}

struct retention *retention_new(const struct upkeep_host *host, const char *store_path)
{
    if (!host->conf->retention.folder)
        return NULL;
    struct retention *retention = xcalloc(1, sizeof *retention);
    *retention =
        (struct retention){.host = host, .conf = &host->conf->retention, .store_path = store_path};
    retention->question = (struct question){.answer = work, .answered = worked, .arg = retention};
    return retention;
}

void retention_free(struct retention *retention)
{
    if (!retention)
        return;
    retirement_release(&retention->retirement);
    findings_release(&retention->findings);
    free(retention);
}
