/* What asks for a turn, the turn under way, and how the daemon ends. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/daemon.h"
#include "shell/folder.h"
#include "shell/notify.h"
#include "store/store.h"
#include <string.h>
#include <sysexits.h>

enum {
    RETRY_MS = 1000,        /* when there was no room: how soon to look again */
    SLEEP_MS_MAX = 3600000, /* a look at the clock at least hourly, should it have been set */
};

static void consider(struct daemon *daemon);

/* ---- ending ------------------------------------------------------------ */

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
        daemon_stop_sources(daemon);
        daemon_give_up(inbox_take(&daemon->inbox, SIZE_MAX));
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

/* ---- turns ------------------------------------------------------------- */

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

static void tell(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->turn.events.count; i++) {
        const struct event *event = &daemon->turn.events.items[i];
        log_event(&daemon->log, event->level, event->name, "%s", event->text);
    }
    daemon_tell(daemon, "policy", &daemon->turn.findings);
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

/* ---- what the parts call ----------------------------------------------- */

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

int loop_run(const struct loop_options *options)
{
    static const struct daemon_calls calls = {work, turn_over, asked, input_ended, on_signal};
    struct daemon *daemon = xcalloc(1, sizeof *daemon);
    daemon->options = options;
    daemon->conf = options->conf;
    int exit_code = daemon_open(daemon, &calls);
    if (exit_code == EX_OK) {
        give_turn(daemon);
        uv_run(&daemon->loop, UV_RUN_DEFAULT);
        exit_code = daemon->exit_code;
    }
    daemon_close(daemon);
    return exit_code;
}
