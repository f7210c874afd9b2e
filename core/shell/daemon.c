/* Opening what the configuration names, in the order in which a failure costs least; and closing it
 * again. */
#include "shell/daemon.h"
#include "base/lang.h"
#include "model/bundle.h"
#include "shell/anchor_file.h"
#include "shell/api.h"
#include "shell/counts.h"
#include "shell/drill_words.h"
#include "shell/effective.h"
#include "shell/metrics.h"
#include "store/archive.h"
#include "store/audit.h"
#include "store/outbox.h"
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

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
    sources_stop(&daemon->sources);
}

void daemon_spread_tidings(struct daemon *daemon)
{
    struct tidings *tidings = &daemon->tidings;
    struct findings findings = {0};
    if (!tidings->fresh)
        return;
    sources_change(&daemon->sources, tidings->bundle, tidings->reads, &findings);
    if (tidings->bundle && daemon->api)
        api_change(daemon->api, &tidings->bundle->policy);
    daemon_tell(daemon, "policy.sources", &findings);
    findings_release(&findings);
    tidings->bundle = NULL;
    tidings->reads = NULL;
    tidings->fresh = false;
}

void daemon_give_up(struct delivery *deliveries)
{
    while (deliveries) {
        struct delivery *next = deliveries->next;
        deliveries->answered(deliveries->arg, NULL);
        deliveries = next;
    }
}

void daemon_give_up_questions(struct question *questions)
{
    while (questions) {
        struct question *next = questions->next;
        questions->answered(questions->arg, false);
        questions = next;
    }
}

void daemon_subscribe(struct daemon *daemon, void (*on_event)(void *arg, const struct event *event),
                      void *arg)
{
    assert(daemon->subscriber_count < SUBSCRIBERS_MAX);
    daemon->subscribers[daemon->subscriber_count++] = (struct subscriber){on_event, arg};
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

/* From the last anchor on, and that nothing is missing which the anchors file knows; `yujing audit
 * verify` does the whole. */
static int verify_store(struct daemon *daemon, struct findings *findings)
{
    struct audit_report report;
    int answer = audit_tail(daemon->store, &report, findings);
    if (answer == 0)
        answer = anchor_file_compare(daemon->upkeep_conf.anchors, daemon->store, findings);
    if (answer == ERR_STORE)
        findings_add(findings, SEV_ERROR, "D003", (struct place){.file = daemon->conf->store}, NULL,
                     "%s", store_message(daemon->store));
    return answer == 0 ? EX_OK : EX_IOERR;
}

static int open_store(struct daemon *daemon, struct findings *findings)
{
    enum store_trouble trouble = STORE_BROKEN;
    struct store_options options = {
        .mode = conf_mode(daemon->conf),
        .bytes_max = (int64_t)daemon->conf->limits.store_mib_max * MIB,
        .zone = daemon->log.zone,
    };
    int err = store_open(&daemon->store, daemon->conf->store, &options, &trouble, findings);
    return err < 0 ? exit_of_trouble(trouble) : verify_store(daemon, findings);
}

static enum effects effects_of(const struct daemon *daemon)
{
    if (daemon->options->live)
        return EFFECTS_LIVE;
    return daemon->conf->drill ? EFFECTS_PAPER : EFFECTS_NONE;
}

/* In shadow no channel object exists at all. */
static int open_gateways(struct daemon *daemon, const struct daemon_calls *calls,
                         struct findings *findings)
{
    struct channel_options options = {.effects = effects_of(daemon),
                                      .clock = daemon->options->clock,
                                      .log = &daemon->log,
                                      .metrics = daemon->metrics};
    if (gateways_read(&daemon->gateways, daemon->conf, findings) < 0 ||
        routing_read(&daemon->routing, daemon->conf, &daemon->gateways, findings) < 0)
        return EX_CONFIG;
    counts_begin(daemon->metrics, &daemon->gateways);
    daemon->dispatch = dispatch_new(&daemon->gateways, calls->asked, daemon);
    if (options.effects != EFFECTS_NONE &&
        dispatch_open(daemon->dispatch, &daemon->loop, &options, findings) < 0)
        return EX_CONFIG;
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
        .told = &daemon->told,
        .acts = conf->rehearsal || effects_of(daemon) != EFFECTS_LIVE,
    };
    struct ingest_stdin_options options = {
        .input = daemon->options->input,
        .output = conf->stdin_.ack ? daemon->options->output : -1,
        .ended = calls->ended,
        .arg = daemon,
    };
    int err = sources_open(&daemon->sources, conf, &around, &options, daemon->metrics, findings);
    return err < 0 ? EX_CONFIG : EX_OK;
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
        .routing = daemon->routing,
        .ack = daemon->ack,
        .snapshot_facts = daemon->conf->limits.snapshot_facts,
    };
    daemon->pipeline =
        pipeline_new(daemon->store, daemon->fallen_back ? NULL : daemon->bundle, &options);
    daemon->ahead = ahead_new();
    daemon->worker = worker_new(&daemon->loop, calls->work, calls->told, daemon);
    daemon->turn.tick_due = daemon->turn.attempt_due = INSTANT_NONE;
}

static void open_handles(struct daemon *daemon, const struct daemon_calls *calls)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    uv_timer_init(&daemon->loop, &daemon->timer);
    daemon->timer.data = daemon;
    for (int i = 0; i < 3; i++) {
        worker_need(uv_signal_init(&daemon->loop, &daemon->signals[i]), "uv_signal_init");
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
    size_t officers;
    routing_duty(daemon->routing, &officers);
    if (effects == EFFECTS_LIVE && officers == 0)
        log_event(&daemon->log, LOG_WARNING, "duty", "%s",
                  tr("nobody is on duty: alarms and lost letters stand only in this log",
                     "未配置值班人员：告警与未送达信件只记入本日志"));
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

/* The folder cannot be used: the policy that was in force goes on, loudly. */
static int fall_back(struct daemon *daemon, struct findings *broken, struct findings *findings)
{
    char hash[HASH_HEX] = "";
    if (archive_in_force(daemon->store, hash) < 0 || !hash[0] ||
        archive_bundle(daemon->store, hash, &daemon->bundle, findings) < 0)
        return EX_CONFIG;
    daemon->log.zone = daemon->bundle->policy.zone;
    daemon->fallen_back = true;
    daemon_tell(daemon, "policy", broken);
    log_event(&daemon->log, LOG_ALARM, "policy.fallback",
              tr("the policy folder cannot be used; policy %s, which was in force, goes on",
                 "政策包文件夹无法使用，继续执行原有预案版本 %s"),
              hash);
    return EX_OK;
}

/* The store is not made for a policy that has never been in force. */
static int open_policy(struct daemon *daemon, struct findings *findings)
{
    struct findings broken = {0};
    const struct conf *conf = daemon->conf;
    int err = effective_has_policy(conf, &broken)
                  ? bundle_load(&daemon->bundle, conf->policies, conf->with, &broken)
                  : ERR_NOT_FOUND;
    bool made = access(conf->store, F_OK) == 0;
    int exit_code = EX_CONFIG;
    if (err == 0)
        daemon->log.zone = daemon->bundle->policy.zone;
    bool denied = err == 0 && conf->drill && drill_words_check(daemon->bundle, findings) < 0;
    if (!denied && (err == 0 || made))
        exit_code = open_store(daemon, findings);
    if (err < 0 && exit_code == EX_OK)
        exit_code = fall_back(daemon, &broken, findings);
    if (!daemon->fallen_back)
        daemon_tell(daemon, "start", &broken);
    findings_release(&broken);
    return exit_code;
}

static void ask(void *daemon, struct question *question)
{
    daemon_ask(daemon, question);
}

static int open_upkeep(struct daemon *daemon, struct findings *findings)
{
    struct upkeep_host host = {
        .loop = &daemon->loop,
        .conf = &daemon->upkeep_conf,
        .log = &daemon->log,
        .clock = daemon->options->clock,
        .metrics = daemon->metrics,
        .inbox = &daemon->inbox,
        .effects = effects_of(daemon),
        .by_clock = daemon->conf->timing == TIME_BY_CLOCK,
        .low_water_bytes = (int64_t)daemon->conf->limits.low_water_mib * MIB,
        .ask = ask,
        .alarm = daemon_alarm,
        .host = daemon,
    };
    int err =
        upkeep_new(&daemon->upkeep, &host, daemon->conf->store, daemon->fallen_back, findings);
    return err < 0 ? EX_CONFIG : EX_OK;
}

static struct health health(void *arg)
{
    const struct daemon *daemon = arg;
    struct health health = upkeep_health(daemon->upkeep); /* as of the last turn … */
    health.room = health.room && !daemon->short_of_room; /* … and a full disk may let none begin */
    return health;
}

static bool is_short_of_room(void *arg)
{
    const struct daemon *daemon = arg;
    return daemon->short_of_room;
}

static bool is_full(void *arg)
{
    const struct daemon *daemon = arg;
    return daemon->full;
}

static void refresh(void *arg)
{
    const struct daemon *daemon = arg;
    upkeep_refresh(daemon->upkeep);
}

static int backup(void *arg)
{
    const struct daemon *daemon = arg;
    return upkeep_backup(daemon->upkeep);
}

static int ask_logger(void *host, const char *mn, int command, const char *cp,
                      struct hj212_asker *asker)
{
    struct daemon *daemon = host;
    struct ingest_hj212 *server = daemon->sources.hj212;
    return server ? ingest_hj212_ask(server, mn, command, cp, asker) : ERR_INVALID;
}

/* Before the pipeline, which writes the addresses of receipt pages into letters. */
static int open_api(struct daemon *daemon, struct findings *findings)
{
    struct api_host host = {
        .loop = &daemon->loop,
        .conf = daemon->conf,
        .log = &daemon->log,
        .clock = daemon->options->clock,
        .inbox = &daemon->inbox,
        .metrics = daemon->metrics,
        .effects = effects_of(daemon),
        .policy = &daemon->bundle->policy,
        .delivery_facts_max = (size_t)daemon->conf->limits.batch_facts,
        .told = &daemon->told,
        .ask = ask,
        .health = health,
        .short_of_room = is_short_of_room,
        .full = is_full,
        .refresh = refresh,
        .backup = backup,
        .ask_logger = ask_logger,
        .readers = &daemon->sources.readers,
        .store = daemon->store,
        .host = daemon,
    };
    int err = api_open(&daemon->api, &host, findings);
    if (err < 0)
        return EX_CONFIG;
    if (daemon->api) {
        daemon->ack = api_links(daemon->api);
        daemon_subscribe(daemon, api_on_event, daemon->api);
    }
    return EX_OK;
}

/* Before anything is said. */
static void open_log(struct daemon *daemon)
{
    const struct loop_options *options = daemon->options;
    daemon->log = (struct log){
        .stream = options->log,
        .clock = options->clock,
        .format = (enum log_format)daemon->upkeep_conf.log.format,
        .priorities = log_is_journal(options->log),
        .limit = log_limit_new(daemon->upkeep_conf.log.lines_a_minute),
    };
}

static int open_parts(struct daemon *daemon, const struct daemon_calls *calls)
{
    struct findings findings = {0};
    int exit_code =
        upkeep_conf_read(&daemon->upkeep_conf, daemon->conf, &findings) < 0 ? EX_CONFIG : EX_OK;
    open_log(daemon);
    if (exit_code == EX_OK)
        exit_code = open_policy(daemon, &findings);
    if (exit_code == EX_OK)
        exit_code = open_gateways(daemon, calls, &findings);
    if (exit_code == EX_OK) {
        open_handles(daemon, calls);
        exit_code = open_sources(daemon, calls, &findings);
    }
    if (exit_code == EX_OK)
        exit_code = open_api(daemon, &findings);
    if (exit_code == EX_OK) {
        greet(daemon);
        open_pipeline(daemon, calls);
        exit_code = open_upkeep(daemon, &findings);
    }
    log_findings(&daemon->log, "start", &findings); /* `yujing check` knows no configuration */
    findings_release(&findings);
    return exit_code;
}

int daemon_open(struct daemon *daemon, const struct daemon_calls *calls)
{
    const struct loop_options *options = daemon->options;
    daemon->metrics = metrics_new();
    signal(SIGPIPE, SIG_IGN);
    worker_need(uv_loop_init(&daemon->loop), "uv_loop_init");
    inbox_init(&daemon->inbox, (size_t)options->conf->limits.inbox_facts, calls->asked, daemon);
    daemon->asked_last = &daemon->asked;
    return open_parts(daemon, calls);
}

/* ---- taking it apart --------------------------------------------------- */

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

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

static bool is_idle(const struct dispatch *dispatch)
{
    return dispatch_under_way(dispatch) == 0 && dispatch_is_closed(dispatch);
}

/* What is under way at a channel is waited for, but not for ever. */
static bool wait_idle(struct daemon *daemon)
{
    uint64_t until = uv_hrtime() + PATIENCE_MS * (uint64_t)1000000;
    uv_timer_t ticks;
    uv_timer_init(&daemon->loop, &ticks);
    uv_timer_start(&ticks, tick, 20, 20);
    while (!is_idle(daemon->dispatch) && uv_hrtime() < until)
        uv_run(&daemon->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&ticks, NULL);
    uv_run(&daemon->loop, UV_RUN_NOWAIT);
    return is_idle(daemon->dispatch);
}

static bool close_dispatch(struct daemon *daemon)
{
    if (!daemon->dispatch)
        return true;
    dispatch_recall(daemon->dispatch);
    if (!is_idle(daemon->dispatch) && !wait_idle(daemon))
        return false;
    dispatch_close(daemon->dispatch);
    return is_idle(daemon->dispatch) || wait_idle(daemon);
}

/* The switch outside may just have been called. */
static void close_upkeep(struct daemon *daemon)
{
    upkeep_stop(daemon->upkeep);
    uint64_t until = uv_hrtime() + PATIENCE_MS * (uint64_t)1000000;
    while (!upkeep_is_idle(daemon->upkeep) && uv_hrtime() < until)
        uv_run(&daemon->loop, UV_RUN_ONCE);
    upkeep_close(daemon->upkeep);
}

/* The head of this stop too: what is done to the store while nobody runs shows at the next start.
 * Not after a failed turn: what the file knows, the disk must hold. */
static void keep_anchors(struct daemon *daemon)
{
    struct anchor_file file = {.path = daemon->upkeep_conf.anchors};
    const char *trouble;
    if (daemon->store && daemon->turn_err == 0 &&
        anchor_file_update(&file, daemon->store, &trouble) < 0)
        log_event(&daemon->log, LOG_ALARM, "anchors.failed",
                  tr("the anchors file %s cannot be written: %s", "锚点文件 %s 无法写入：%s"),
                  file.path, trouble);
}

void daemon_close(struct daemon *daemon)
{
    daemon_stop_sources(daemon);
    close_upkeep(daemon);
    daemon_give_up(daemon->turn.deliveries);
    daemon_give_up(inbox_take(&daemon->inbox, SIZE_MAX));
    daemon_give_up_questions(daemon->turn.questions);
    daemon_give_up_questions(daemon->asked);
    api_close(daemon->api);
    if (!close_dispatch(daemon))
        return; /* a channel still holds parts of it; the process is about to end */
    bool quiet = close_handles(daemon);
    parcels_free(daemon->turn.returned);
    turn_release(&daemon->turn);
    ahead_free(daemon->ahead);
    pipeline_free(daemon->pipeline);
    if (quiet) {
        upkeep_free(daemon->upkeep);
        keep_anchors(daemon);
    }
    store_close(daemon->store);
    if (!quiet) /* somebody on the pool still holds parts of it; the process is about to end */
        return;
    dispatch_free(daemon->dispatch);
    routing_free(daemon->routing);
    gateways_release(&daemon->gateways);
    sources_free(&daemon->sources);
    tidings_release(&daemon->tidings);
    api_free(daemon->api);
    intern_release(&daemon->told);
    events_release(&daemon->turn.alarms);
    events_release(&daemon->alarms);
    metrics_free(daemon->metrics);
    log_limit_free(daemon->log.limit);
    upkeep_conf_release(&daemon->upkeep_conf);
    bundle_free(daemon->bundle);
    free(daemon);
}
