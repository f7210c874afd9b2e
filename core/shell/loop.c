/* One daemon: what is asked of it, the turn under way, and how it ends. */
#include "shell/loop.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/dispatch.h"
#include "shell/folder.h"
#include "shell/ingest_dir.h"
#include "shell/ingest_stdin.h"
#include "shell/notify.h"
#include "shell/worker.h"
#include "store/outbox.h"
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <uv.h>

enum {
    RETRY_MS = 1000,        /* when there was no room: how soon to look again */
    SLEEP_MS_MAX = 3600000, /* a look at the clock at least hourly, should it have been set */
    PATIENCE_MS = 2000, /* for a reader of our acknowledgements that does not read, at the end */
    MIB = 1 << 20,
};
enum ending { NOT_ENDING, DRAINING, STOPPING, OVER };

struct daemon {
    const struct loop_options *options;
    const struct conf *conf;
    struct log log;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t timer;
    struct bundle *bundle;
    struct store *store;
    struct pipeline *pipeline;
    struct inbox inbox;
    struct dispatch dispatch;
    struct worker *worker;
    struct ingest_stdin *in;
    struct ingest_dir *dir;
    struct turn turn;
    int turn_err;
    bool turning;
    bool ready, short_of_room; /* said so */
    enum ending ending;
    int exit_code;
};

static void consider(struct daemon *daemon);

/* ---- ending ------------------------------------------------------------------------------------
 */

static void stop_sources(struct daemon *daemon)
{
    if (daemon->in)
        ingest_stdin_stop(daemon->in);
    if (daemon->dir)
        ingest_dir_stop(daemon->dir);
}

static void give_up_inbox(struct daemon *daemon)
{
    struct delivery *delivery;
    while ((delivery = inbox_take(&daemon->inbox, SIZE_MAX))) {
        while (delivery) {
            struct delivery *next = delivery->next;
            delivery->answered(delivery->arg, NULL);
            delivery = next;
        }
    }
}

static void end(struct daemon *daemon, int exit_code)
{
    daemon->ending = OVER;
    daemon->exit_code = exit_code;
    uv_stop(&daemon->loop);
}

/* `drain`: everything that has come in is taken and sent first; otherwise only the turn under way
 * is finished. */
static void stop(struct daemon *daemon, bool drain)
{
    if (daemon->ending == OVER)
        return;
    notify("STOPPING=1");
    daemon->ending = drain ? DRAINING : STOPPING;
    if (!drain) {
        stop_sources(daemon);
        give_up_inbox(daemon);
    }
    consider(daemon);
}

static bool is_drained(const struct daemon *daemon)
{
    instant_ms due = daemon->turn.attempt_due;
    return !daemon->inbox.first && (!daemon->dir || ingest_dir_idle(daemon->dir)) &&
           (due == INSTANT_NONE || due > clock_now(&daemon->options->clock));
}

/* True when the next turn may be the last one: nothing is under way that it would have to write
 * down. */
static bool may_end(const struct daemon *daemon)
{
    if (daemon->dispatch.under_way > 0)
        return false;
    return daemon->ending == STOPPING || (daemon->ending == DRAINING && is_drained(daemon));
}

/* ---- turns -------------------------------------------------------------------------------------
 */

static void work(void *arg)
{
    struct daemon *daemon = arg;
    daemon->turn_err = pipeline_turn(daemon->pipeline, &daemon->turn);
}

/* The low-water mark: refusing work early is better than a disk that is full in the middle of it.
 */
static bool has_room(struct daemon *daemon)
{
    int64_t mark = (int64_t)daemon->conf->limits.low_water_mib * MIB;
    bool enough = folder_free_bytes(daemon->conf->store) >= mark;
    if (!enough && !daemon->short_of_room)
        log_event(&daemon->log, LOG_ALARM, "store.low",
                  tr("less than %d MiB are free: nothing new is taken until there is room",
                     "可用空间不足 %d MiB：腾出空间前不再接收新数据"),
                  daemon->conf->limits.low_water_mib);
    if (enough && daemon->short_of_room)
        log_event(&daemon->log, LOG_INFO, "store.room", "%s",
                  tr("there is room again", "存储空间已恢复"));
    daemon->short_of_room = !enough;
    return enough;
}

/* What a failed turn was asked stays asked. */
static void give_turn(struct daemon *daemon)
{
    struct turn *turn = &daemon->turn;
    bool last = may_end(daemon);
    if (!turn->deliveries && has_room(daemon))
        turn->deliveries = inbox_take(&daemon->inbox, (size_t)daemon->conf->limits.batch_facts);
    if (!turn->returned)
        turn->returned = dispatch_take_returned(&daemon->dispatch);
    turn->room = dispatch_room(&daemon->dispatch);
    turn->last = last && !turn->deliveries;
    daemon->turning = true;
    worker_give(daemon->worker);
}

/* All of them when one is an error; mere warnings are `check`'s to list, and would stand here at
 * every start. */
static void tell_findings(struct daemon *daemon, const char *event, const struct findings *findings)
{
    if (findings->errors > 0)
        log_findings(&daemon->log, event, findings);
    else if (findings->warnings > 0)
        log_event(
            &daemon->log, LOG_INFO, event,
            tr("%zu warnings; `yujing check` lists them", "有 %zu 条警告，可用 yujing check 查看"),
            findings->warnings);
}

static void tell(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->turn.event_count; i++) {
        const struct event *event = &daemon->turn.events[i];
        log_event(&daemon->log, event->level, event->name, "%s", event->text);
    }
    tell_findings(daemon, "policy", &daemon->turn.findings);
}

static void answer(struct daemon *daemon)
{
    struct delivery *delivery = daemon->turn.deliveries;
    daemon->turn.deliveries = NULL;
    while (delivery) {
        struct delivery *next = delivery->next;
        delivery->answered(delivery->arg, &delivery->tally);
        delivery = next;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;
    if (!daemon->turning && daemon->ending != OVER)
        give_turn(daemon);
}

static void sleep_ms(struct daemon *daemon, int64_t ms)
{
    ms = ms < 0 ? 0 : ms > SLEEP_MS_MAX ? SLEEP_MS_MAX : ms;
    uv_timer_start(&daemon->timer, on_timer, (uint64_t)ms, 0);
}

static void sleep_until_due(struct daemon *daemon)
{
    instant_ms due = daemon->turn.tick_due, attempt = daemon->turn.attempt_due;
    if (due == INSTANT_NONE || (attempt != INSTANT_NONE && attempt < due))
        due = attempt;
    if (daemon->short_of_room)
        sleep_ms(daemon, RETRY_MS);
    else if (due != INSTANT_NONE && due <= INT64_MAX / 2)
        sleep_ms(daemon, due - clock_now(&daemon->options->clock));
    else
        uv_timer_stop(&daemon->timer);
}

/* Whether anything asks for a turn now; else sleeps until something does. */
static void consider(struct daemon *daemon)
{
    if (daemon->turning || daemon->ending == OVER)
        return;
    bool facts = daemon->inbox.first && !daemon->short_of_room;
    bool orders = daemon->turn.attempt_due != INSTANT_NONE &&
                  dispatch_room(&daemon->dispatch) > 0 &&
                  daemon->turn.attempt_due <= clock_now(&daemon->options->clock);
    if (facts || orders || daemon->dispatch.returned || daemon->turn.more || may_end(daemon))
        give_turn(daemon);
    else
        sleep_until_due(daemon);
}

static int exit_of(const struct daemon *daemon)
{
    if (daemon->turn_err != ERR_STORE)
        return daemon->turn.findings.errors > 0 ? EX_CONFIG : EX_SOFTWARE;
    return store_trouble(daemon->store) == STORE_FORBIDDEN ? EX_NOPERM : EX_IOERR;
}

/* No room or a lock held for long: the sources wait unanswered and we look again.  All else ends
 * us; after a failed fsync in particular nobody may go on as if the disk held what it does not. */
static void failed(struct daemon *daemon)
{
    enum store_trouble trouble =
        daemon->turn_err == ERR_STORE ? store_trouble(daemon->store) : STORE_BROKEN;
    bool retry = (trouble == STORE_FULL || trouble == STORE_BUSY) &&
                 daemon->turn.findings.errors == 0 && daemon->ending == NOT_ENDING;
    const char *message =
        daemon->turn_err == ERR_STORE ? store_message(daemon->store) : err_str(daemon->turn_err);
    if (!retry || !daemon->short_of_room)
        log_event(&daemon->log, LOG_ALARM, retry ? "store.full" : "store.failed", "%s", message);
    if (!retry) {
        end(daemon, exit_of(daemon));
        return;
    }
    daemon->short_of_room = true;
    sleep_ms(daemon, RETRY_MS);
}

/* After the first turn we know where we are, and not before may anything come in. */
static void wake_sources(struct daemon *daemon)
{
    if (!daemon->ready)
        notify("READY=1");
    daemon->ready = true;
    if (daemon->in)
        ingest_stdin_resume(daemon->in);
    if (daemon->dir)
        ingest_dir_resume(daemon->dir);
}

static void settle(struct daemon *daemon)
{
    struct parcel *parcels = daemon->turn.parcels;
    daemon->turn.parcels = NULL;
    parcels_free(daemon->turn.returned);
    daemon->turn.returned = NULL;
    daemon->short_of_room = daemon->short_of_room && !has_room(daemon);
    answer(daemon);
    dispatch_send(&daemon->dispatch, parcels);
}

/* Answering wakes sources, and they ask for turns; so this turn is under way until all of it is
 * dealt with. */
static void turn_over(void *arg)
{
    struct daemon *daemon = arg;
    tell(daemon);
    if (daemon->turn_err < 0) {
        failed(daemon);
        turn_release(&daemon->turn);
        daemon->turning = false;
        return;
    }
    settle(daemon);
    turn_release(&daemon->turn);
    if (daemon->turn.last) {
        log_event(&daemon->log, LOG_INFO, "stopped", "%s", tr("all is written", "数据已全部写入"));
        end(daemon, EX_OK);
    } else if (daemon->ending != STOPPING) {
        wake_sources(daemon);
    }
    daemon->turning = false;
    consider(daemon);
}

/* ---- putting it together -----------------------------------------------------------------------
 */

static void asked(void *arg)
{
    consider(arg);
}

static void input_ended(void *arg)
{
    struct daemon *daemon = arg;
    log_event(&daemon->log, LOG_INFO, "stdin.end", "%s",
              tr("the input has ended", "标准输入已结束"));
    if (daemon->conf->stdin_.at_end == AT_END_STOP && daemon->ending == NOT_ENDING)
        stop(daemon, true);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;
    log_event(&daemon->log, LOG_INFO, "signal", "%s", strsignal(number));
    stop(daemon, false);
}

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
static int open_channel(struct daemon *daemon, struct findings *findings)
{
    const struct channel *channel = &channel_spool;
    struct channel_options options = {effects_of(daemon), daemon->conf->spool};
    void *self = NULL;
    if (options.effects == EFFECTS_NONE)
        channel = NULL;
    else if (channel->open(&self, &daemon->loop, &options, findings) < 0)
        return EX_CONFIG;
    dispatch_init(&daemon->dispatch, channel, self, daemon->conf->limits.in_flight, asked, daemon);
    return EX_OK;
}

static int open_sources(struct daemon *daemon, struct findings *findings)
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
        .ended = input_ended,
        .arg = daemon,
    };
    if (conf->stdin_.read)
        daemon->in = ingest_stdin_new(&around, &options);
    return EX_OK;
}

static void open_pipeline(struct daemon *daemon)
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
    daemon->worker = worker_new(&daemon->loop, work, turn_over, daemon);
    daemon->turn.tick_due = daemon->turn.attempt_due = INSTANT_NONE;
}

static void open_handles(struct daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    uv_timer_init(&daemon->loop, &daemon->timer);
    daemon->timer.data = daemon;
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
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

static int open_all(struct daemon *daemon)
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
        exit_code = open_channel(daemon, &findings);
    if (exit_code == EX_OK) {
        open_handles(daemon);
        exit_code = open_sources(daemon, &findings);
    }
    if (exit_code == EX_OK) {
        greet(daemon);
        open_pipeline(daemon);
    }
    tell_findings(daemon, "start", &findings);
    findings_release(&findings);
    return exit_code;
}

/* ---- taking it apart ---------------------------------------------------------------------------
 */

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

static void close_all(struct daemon *daemon)
{
    stop_sources(daemon);
    struct delivery *untaken = daemon->turn.deliveries;
    while (untaken) {
        struct delivery *next = untaken->next;
        untaken->answered(untaken->arg, NULL);
        untaken = next;
    }
    give_up_inbox(daemon);
    bool quiet = close_handles(daemon);
    parcels_free(daemon->turn.returned);
    turn_release(&daemon->turn);
    pipeline_free(daemon->pipeline);
    store_close(daemon->store);
    if (quiet) {
        dispatch_release(&daemon->dispatch);
        ingest_stdin_free(daemon->in);
        ingest_dir_free(daemon->dir);
        bundle_free(daemon->bundle);
        free(daemon);
    }
}

int loop_run(const struct loop_options *options)
{
    struct daemon *daemon = xcalloc(1, sizeof *daemon);
    daemon->options = options;
    daemon->conf = options->conf;
    daemon->log = (struct log){options->log, options->clock, 0};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&daemon->loop);
    inbox_init(&daemon->inbox, (size_t)options->conf->limits.inbox_facts, asked, daemon);
    dispatch_init(&daemon->dispatch, NULL, NULL, 0, asked, daemon);
    daemon->exit_code = open_all(daemon);
    if (daemon->exit_code == EX_OK) {
        give_turn(daemon);
        uv_run(&daemon->loop, UV_RUN_DEFAULT);
    }
    int exit_code = daemon->exit_code;
    close_all(daemon);
    return exit_code;
}
