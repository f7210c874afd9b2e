/* Opening what the configuration names, in the order in which a failure costs least; and closing it
 * again. */
#include "shell/daemon.h"
#include "base/lang.h"
#include "model/bundle.h"
#include "store/outbox.h"
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>

enum {
    PATIENCE_MS = 2000
}; /* for a reader of our acknowledgements that does not read, at the end */

void daemon_tell(const struct daemon *daemon, const char *event, const struct findings *findings)
{
    if (findings->errors > 0)
        log_findings(&daemon->log, event, findings);
    else if (findings->warnings > 0)
        log_event(
            &daemon->log, LOG_INFO, event,
            tr("%zu warnings; `yujing check` lists them", "有 %zu 条警告，可用 yujing check 查看"),
            findings->warnings);
}

void daemon_stop_sources(struct daemon *daemon)
{
    if (daemon->in)
        ingest_stdin_stop(daemon->in);
    if (daemon->dir)
        ingest_dir_stop(daemon->dir);
}

void daemon_give_up(struct delivery *deliveries)
{
    while (deliveries) {
        struct delivery *next = deliveries->next;
        deliveries->answered(deliveries->arg, NULL);
        deliveries = next;
    }
}

/* ---- putting it together ----------------------------------------------- */

static int exit_of_trouble(enum store_trouble trouble)
{
    switch (trouble) {
    case STORE_BUSY:
        return EX_TEMPFAIL;
    case STORE_FORBIDDEN:
        return EX_NOPERM;
    case STORE_FOREIGN:
        return EX_CONFIG;
    default:
        return EX_IOERR;
    }
}

static int open_store(struct daemon *daemon, struct findings *findings)
{
    enum store_trouble trouble = STORE_BROKEN;
    struct store_options options = {
        .mode = conf_mode(daemon->conf),
        .bytes_max = (int64_t)daemon->conf->limits.store_mib_max * MIB,
    };
    int err = store_open(&daemon->store, daemon->conf->store, &options, &trouble, findings);
    return err < 0 ? exit_of_trouble(trouble) : EX_OK;
}

static enum effects effects_of(const struct daemon *daemon)
{
    if (daemon->options->live)
        return EFFECTS_LIVE;
    return daemon->conf->drill ? EFFECTS_PAPER : EFFECTS_NONE;
}

/* In shadow no channel object exists at all. */
static int open_channel(struct daemon *daemon, const struct daemon_calls *calls,
                        struct findings *findings)
{
    const struct channel *channel = &channel_spool;
    struct channel_options options = {effects_of(daemon), daemon->conf->spool};
    void *self = NULL;
    if (options.effects == EFFECTS_NONE)
        channel = NULL;
    else if (channel->open(&self, &daemon->loop, &options, findings) < 0)
        return EX_CONFIG;
    dispatch_init(&daemon->dispatch, channel, self, daemon->conf->limits.in_flight, calls->asked,
                  daemon);
    return EX_OK;
}

static int open_sources(struct daemon *daemon, const struct daemon_calls *calls,
                        struct findings *findings)
{
    const struct conf *conf = daemon->conf;
    struct surroundings around = {
        .loop = &daemon->loop,
        .inbox = &daemon->inbox,
        .log = &daemon->log,
        .policy = &daemon->bundle->policy,
        .delivery_facts_max = (size_t)conf->limits.batch_facts,
    };
    if (conf->watch && ingest_dir_new(&daemon->dir, &around, conf->watch,
                                      (size_t)conf->limits.file_mib_max * MIB, findings) < 0)
        return EX_CONFIG;
    struct ingest_stdin_options options = {
        .input = daemon->options->input,
        .output = conf->stdin_.ack ? daemon->options->output : -1,
        .ended = calls->ended,
        .arg = daemon,
    };
    if (conf->stdin_.read)
        daemon->in = ingest_stdin_new(&around, &options);
    return EX_OK;
}

static void open_pipeline(struct daemon *daemon, const struct daemon_calls *calls)
{
    struct pipeline_options options = {
        .effects = effects_of(daemon),
        .approvals = (enum approvals)daemon->conf->approvals,
        .timing = (enum timing)daemon->conf->timing,
        .drill = daemon->conf->drill,
        .clock = daemon->options->clock,
        .with_json = daemon->conf->with,
        .channel = channel_spool.name,
        .snapshot_facts = daemon->conf->limits.snapshot_facts,
    };
    daemon->pipeline = pipeline_new(daemon->store, daemon->bundle, &options);
    daemon->worker = worker_new(&daemon->loop, calls->work, calls->turn_over, daemon);
    daemon->turn.tick_due = daemon->turn.attempt_due = INSTANT_NONE;
}

static void open_handles(struct daemon *daemon, const struct daemon_calls *calls)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    uv_timer_init(&daemon->loop, &daemon->timer);
    daemon->timer.data = daemon;
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], calls->signalled, numbers[i]);
    }
}

static void greet(struct daemon *daemon)
{
    static const char *const english[] = {"shadow: nothing leaves", "drill: on paper only", "LIVE"};
    static const char *const chinese[] = {"影子运行：不对外发送", "演练：仅限演练渠道", "实战运行"};
    enum effects effects = effects_of(daemon);
    log_event(&daemon->log, LOG_INFO, "start", "%s; %s; %s", tr(english[effects], chinese[effects]),
              daemon->conf->policies, daemon->conf->store);
    int64_t counts[OUTBOX_STATES];
    if (outbox_count(daemon->store, counts) < 0)
        return;
    int64_t waiting = counts[OUTBOX_WAITING] + counts[OUTBOX_SENDING];
    if (waiting > 0 && effects == EFFECTS_NONE)
        log_event(&daemon->log, LOG_WARNING, "outbox",
                  tr("%lld orders wait to be sent; in shadow they go on waiting",
                     "有 %lld 条指令待发送；影子运行期间继续等待"),
                  (long long)waiting);
    if (counts[OUTBOX_SHADOW] > 0 && effects != EFFECTS_NONE)
        log_event(&daemon->log, LOG_WARNING, "outbox",
                  tr("%lld orders were decided in shadow and will not be sent",
                     "有 %lld 条指令产生于影子运行期间，不再发送"),
                  (long long)counts[OUTBOX_SHADOW]);
}

static int open_parts(struct daemon *daemon, const struct daemon_calls *calls)
{
    struct findings findings = {0};
    int exit_code = EX_OK;
    if (bundle_load(&daemon->bundle, daemon->conf->policies, daemon->conf->with, &findings) < 0)
        exit_code = EX_CONFIG;
    if (exit_code == EX_OK) {
        daemon->log.zone = daemon->bundle->policy.zone;
        exit_code = open_store(daemon, &findings);
    }
    if (exit_code == EX_OK)
        exit_code = open_channel(daemon, calls, &findings);
    if (exit_code == EX_OK) {
        open_handles(daemon, calls);
        exit_code = open_sources(daemon, calls, &findings);
    }
    if (exit_code == EX_OK) {
        greet(daemon);
        open_pipeline(daemon, calls);
    }
    daemon_tell(daemon, "start", &findings);
    findings_release(&findings);
    return exit_code;
}

int daemon_open(struct daemon *daemon, const struct daemon_calls *calls)
{
    const struct loop_options *options = daemon->options;
    daemon->log = (struct log){options->log, options->clock, 0};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&daemon->loop);
    inbox_init(&daemon->inbox, (size_t)options->conf->limits.inbox_facts, calls->asked, daemon);
    dispatch_init(&daemon->dispatch, NULL, NULL, 0, calls->asked, daemon);
    return open_parts(daemon, calls);
}

/* ---- taking it apart --------------------------------------------------- */

static void lose_patience(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    if (handle != arg && !uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* What still runs on libuv's pool is waited for, but not for ever: a write to a full pipe may never
 * end. */
static bool close_handles(struct daemon *daemon)
{
    uv_timer_t patience;
    if (daemon->worker)
        worker_close(daemon->worker);
    uv_timer_init(&daemon->loop, &patience);
    uv_timer_start(&patience, lose_patience, PATIENCE_MS, 0);
    uv_unref((uv_handle_t *)&patience);
    uv_walk(&daemon->loop, close_handle, &patience);
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    bool quiet = !uv_loop_alive(&daemon->loop);
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&daemon->loop, quiet ? UV_RUN_DEFAULT : UV_RUN_NOWAIT);
    return quiet && uv_loop_close(&daemon->loop) == 0;
}

void daemon_close(struct daemon *daemon)
{
    daemon_stop_sources(daemon);
    daemon_give_up(daemon->turn.deliveries);
    daemon_give_up(inbox_take(&daemon->inbox, SIZE_MAX));
    bool quiet = close_handles(daemon);
    parcels_free(daemon->turn.returned);
    turn_release(&daemon->turn);
    pipeline_free(daemon->pipeline);
    store_close(daemon->store);
    if (!quiet) /* somebody on the pool still holds parts of it; the process is about to end */
        return;
    dispatch_release(&daemon->dispatch);
    ingest_stdin_free(daemon->in);
    ingest_dir_free(daemon->dir);
    bundle_free(daemon->bundle);
    free(daemon);
}
