/* The pulse and what rides on it. */
#include "shell/upkeep.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "shell/anchor_file.h"
#include "shell/backups.h"
#include "shell/counts.h"
#include "shell/dead_man.h"
#include "shell/inbox.h"
#include "shell/metrics.h"
#include "shell/notify.h"
#include "shell/retention.h"
#include "shell/self_check.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { CLOCK_SLACK_MS = 60000 }; /* a clock so little behind the journal is being disciplined */

struct upkeep {
    struct upkeep_host host;
    bool fallen_back, stopping;
    uv_timer_t timer;
    struct question question;
    bool asked;          /* a pulse is under way */
    struct gauges fresh; /* the worker's while `asked` */
    struct gauges gauges;
    struct anchor_file anchors;
    const char *anchor_trouble;
    bool anchors_failed, gauges_failed;
    struct backups *backups;
    struct retention *retention;
    struct self_check *self_check;
    struct dead_man *dead_man;
    uint64_t turn_begin; /* uv_hrtime */
    instant_ms turn_end; /* steady, of the last turn that succeeded; INSTANT_NONE: none did */
    bool failed, short_of_room;
};

/* ---- turns ---------------------------------------------------------------- */

void upkeep_turn_begins(struct upkeep *upkeep)
{
    if (upkeep)
        upkeep->turn_begin = uv_hrtime();
}

void upkeep_turn_over(struct upkeep *upkeep, const struct turn *turn, int err, struct store *store,
                      bool short_of_room)
{
    if (!upkeep)
        return;
    struct metrics *metrics = upkeep->host.metrics;
    instant_ms now = clock_now(&upkeep->host.clock);
    counts_turn(metrics, turn, err, err < 0 ? store_trouble(store) : STORE_FINE, now,
                (double)(uv_hrtime() - upkeep->turn_begin) / 1e9);
    upkeep->failed = err < 0;
    upkeep->short_of_room = short_of_room;
    if (err < 0)
        return;
    upkeep->turn_end = clock_steady(&upkeep->host.clock);
    if (!turn->look)
        metrics_set(metrics, "yujing_heartbeat_time_seconds", NULL, (double)now / 1000);
}

struct health upkeep_health(const struct upkeep *upkeep)
{
    if (!upkeep)
        return (struct health){0};
    const struct gauges *gauges = &upkeep->gauges;
    bool turned = upkeep->turn_end != INSTANT_NONE;
    span_ms age = turned ? clock_steady(&upkeep->host.clock) - upkeep->turn_end : 0;
    return (struct health){
        .alive = age < ALIVE_MS,
        .store_writable = turned && !upkeep->failed,
        .room = !upkeep->short_of_room,
        /* Where time is the facts', the policy comes into force with the first of them. */
        .policy = gauges->policy || (gauges->taken && !upkeep->host.by_clock),
        .fallback = upkeep->fallen_back,
        .clock = !upkeep->host.by_clock || gauges->behind < CLOCK_SLACK_MS,
        .turn_age = age,
    };
}

void upkeep_refresh(struct upkeep *upkeep)
{
    if (!upkeep)
        return;
    struct metrics *metrics = upkeep->host.metrics;
    struct health health = upkeep_health(upkeep);
    gauges_put(&upkeep->gauges, metrics);
    metrics_set(metrics, "yujing_inbox_facts", NULL, (double)upkeep->host.inbox->facts);
    metrics_set(metrics, "yujing_ready", NULL, health_ready(&health));
    metrics_set(metrics, "yujing_clock_sane", NULL, health.clock);
    metrics_set(metrics, "yujing_policy_fallback", NULL, health.fallback);
}

/* ---- the pulse ------------------------------------------------------------ */

static void take(void *arg, const struct view *view)
{
    struct upkeep *upkeep = arg;
    gauges_take(&upkeep->fresh, view);
    self_check_look(upkeep->self_check, view);
    upkeep->anchors.failed =
        anchor_file_update(&upkeep->anchors, view->store, &upkeep->anchor_trouble) < 0;
}

static void say_status(const struct upkeep *upkeep)
{
    char state[200];
    snprintf(state, sizeof state,
             tr("STATUS=%lld episodes, %lld proposals waiting, %lld overdue",
                "STATUS=预警 %lld 起，待签发 %lld 件，逾期未回执 %lld 件"),
             (long long)upkeep->gauges.episodes, (long long)upkeep->gauges.proposals,
             (long long)upkeep->gauges.overdue);
    notify(state);
}

static void tell_anchors(struct upkeep *upkeep)
{
    const struct upkeep_host *host = &upkeep->host;
    if (upkeep->anchors.failed && !upkeep->anchors_failed) {
        char *text =
            xasprintf(tr("the anchors file %s cannot be written: %s", "锚点文件 %s 无法写入：%s"),
                      upkeep->anchors.path, upkeep->anchor_trouble ? upkeep->anchor_trouble : "-");
        host->alarm(host->host, "anchors.failed", text);
        free(text);
    }
    upkeep->anchors_failed = upkeep->anchors.failed;
}

/* Told when it begins and when it is over; in between it is counted. */
static void tell_gauges(struct upkeep *upkeep)
{
    const struct upkeep_host *host = &upkeep->host;
    bool failed = gauges_count_failures(&upkeep->gauges, host->metrics);
    if (failed && !upkeep->gauges_failed)
        log_event(host->log, LOG_WARNING, "gauges.failed",
                  tr("figures cannot be read from the store and are absent meanwhile: %s",
                     "部分指标无法从存储读取，暂不提供：%s"),
                  upkeep->gauges.trouble);
    else if (!failed && upkeep->gauges_failed)
        log_event(host->log, LOG_INFO, "gauges", "%s",
                  tr("all figures can be read again", "各项指标已恢复读取"));
    upkeep->gauges_failed = failed;
}

static void taken(void *arg, bool asked)
{
    struct upkeep *upkeep = arg;
    upkeep->asked = false;
    if (!asked || upkeep->stopping)
        return;
    upkeep->gauges = upkeep->fresh;
    notify("WATCHDOG=1");
    say_status(upkeep);
    log_flush(upkeep->host.log, false);
    tell_anchors(upkeep);
    tell_gauges(upkeep);
    struct health health = upkeep_health(upkeep);
    dead_man_consider(upkeep->dead_man, health_ready(&health), clock_steady(&upkeep->host.clock));
    if (upkeep->short_of_room)
        return; /* nothing that writes */
    self_check_consider(upkeep->self_check);
    backups_consider(upkeep->backups);
    retention_consider(upkeep->retention);
}

static void pulse(uv_timer_t *timer)
{
    struct upkeep *upkeep = timer->data;
    if (upkeep->asked || upkeep->stopping)
        return;
    upkeep->asked = true;
    upkeep->host.ask(upkeep->host.host, &upkeep->question);
}

static uint64_t pulse_ms(const struct upkeep_conf *conf)
{
    int64_t watchdog = notify_watchdog_ms() / 3, switch_ = conf->dead_man.every;
    int64_t ms = watchdog > 0 && watchdog < PULSE_MS ? watchdog : (int64_t)PULSE_MS;
    return (uint64_t)(switch_ < ms ? switch_ : ms);
}

/* ---- for people ------------------------------------------------------------ */

int upkeep_backup(struct upkeep *upkeep)
{
    return upkeep ? backups_begin(upkeep->backups) : ERR_NOT_FOUND;
}

/* ---- beginning and end ------------------------------------------------------ */

static void set_constants(const struct upkeep_host *host, bool fallen_back)
{
    static const char *const effects[] = {"effects=\"shadow\"", "effects=\"drill\"",
                                          "effects=\"live\""};
    struct metrics *metrics = host->metrics;
    metrics_set(metrics, "yujing_build_info", "version=\"" YUJING_VERSION "\"", 1);
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        metrics_set(metrics, "yujing_effects", effects[i], host->effects == (enum effects)i);
    metrics_set(metrics, "yujing_start_time_seconds", NULL, (double)clock_now(&host->clock) / 1000);
    metrics_set(metrics, "yujing_policy_last_reload_success", NULL, !fallen_back);
    metrics_set(metrics, "yujing_audit_chain_ok", NULL, 1); /* a start verifies it, or ends */
}

int upkeep_new(struct upkeep **ret_upkeep, const struct upkeep_host *host, const char *store_path,
               bool fallen_back, struct findings *findings)
{
    struct upkeep *upkeep = xcalloc(1, sizeof *upkeep);
    upkeep->host = *host;
    upkeep->fallen_back = fallen_back;
    upkeep->turn_end = INSTANT_NONE;
    upkeep->anchors.path = host->conf->anchors;
    int err = dead_man_new(&upkeep->dead_man, &upkeep->host, findings);
    if (err < 0) {
        free(upkeep);
        return err;
    }
    set_constants(host, fallen_back);
    upkeep->backups = backups_new(&upkeep->host);
    upkeep->retention = retention_new(&upkeep->host, store_path);
    upkeep->self_check = self_check_new(&upkeep->host);
    upkeep->question = (struct question){.answer = take, .answered = taken, .arg = upkeep};
    uv_timer_init(host->loop, &upkeep->timer);
    upkeep->timer.data = upkeep;
    uv_unref((uv_handle_t *)&upkeep->timer);
    uv_timer_start(&upkeep->timer, pulse, 0, pulse_ms(host->conf));
    *ret_upkeep = upkeep;
    return 0;
}

void upkeep_stop(struct upkeep *upkeep)
{
    if (!upkeep || upkeep->stopping)
        return;
    upkeep->stopping = true;
    uv_timer_stop(&upkeep->timer);
    log_flush(upkeep->host.log, true);
}

bool upkeep_is_idle(const struct upkeep *upkeep)
{
    return !upkeep || dead_man_is_idle(upkeep->dead_man);
}

/* What is still under way at the other end is left to the end of the process. */
void upkeep_close(struct upkeep *upkeep)
{
    if (!upkeep || !upkeep_is_idle(upkeep))
        return;
    dead_man_close(upkeep->dead_man);
    upkeep->dead_man = NULL;
}

void upkeep_free(struct upkeep *upkeep)
{
    if (!upkeep)
        return;
    backups_free(upkeep->backups);
    retention_free(upkeep->retention);
    self_check_free(upkeep->self_check);
    free(upkeep);
}
