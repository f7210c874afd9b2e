/* What asks for a turn, the turn under way, and how the daemon ends. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/api.h"
#include "shell/daemon.h"
#include "shell/folder.h"
#include "shell/notify.h"
#include "shell/upshot.h"
#include "store/store.h"
#include <signal.h>
#include <sysexits.h>

enum {
    RETRY_MS = 1000,      /* when there was no room: how soon to look again */
    SLEEP_MS_MAX = 10000, /* a look at the clock that often, should it have been set */
    /* What became of attempts, when no letter waits for it, is written down with what comes next,
     * and otherwise so late: a commit of its own would hold up the next fact.  After a crash in
     * between the letter is sent again, under the same id. */
    NEWS_MS = 10,
    /* Those who were answered together soon speak again, a part of them before the rest; so the
     * next turn waits until enough have, at most this part of the last one's time. */
    GATHER_PART = 8,
    GATHER_MS_LEAST = 1,
    LARGE_TURN = 128, /* facts from which on that is worth it where a commit is quick */
    ROOM_MS = 100,    /* the file system is asked no more often while it has room */
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
    upkeep_stop(daemon->upkeep);
    daemon->ending = drain ? DRAINING : STOPPING;
    if (!drain) {
        dispatch_recall(daemon->dispatch);
        daemon_stop_sources(daemon);
        daemon_give_up(ahead_take(daemon->ahead));
        daemon_give_up(inbox_take(&daemon->inbox, SIZE_MAX));
        daemon_give_up_questions(daemon->asked);
        daemon->asked = NULL;
        daemon->asked_last = &daemon->asked;
        daemon->asked_count = 0;
    }
    consider(daemon);
}

static bool is_drained(const struct daemon *daemon)
{
    instant_ms due = daemon->turn.attempt_due;
    return !daemon->inbox.first && sources_idle(&daemon->sources) &&
           (due == INSTANT_NONE || due > clock_now(&daemon->options->clock));
}

/* True when the next turn may be the last one: nothing is under way that it would have to write
 * down. */
static bool may_end(const struct daemon *daemon)
{
    if (dispatch_under_way(daemon->dispatch) > 0)
        return false;
    return daemon->ending == STOPPING || (daemon->ending == DRAINING && is_drained(daemon));
}

/* ---- turns ------------------------------------------------------------- */

/* The store has the texts of the policy in force; they are never asked for here again. */
static void forget_texts(struct daemon *daemon, const struct generation *generation)
{
    bool any = generation && bundle_forget_texts(generation->bundle);
    if (pipeline_has_considered(daemon->pipeline))
        any |= bundle_forget_texts(daemon->bundle);
    if (!any)
        return;
    store_shrink(daemon->store);
    xtrim();
}

/* How many facts are enough for a turn at once, after one of so many that took so long.  Where a
 * commit is slow, as many; where it is quick, half of them: one half is committed while the other
 * speaks. */
static size_t enough_after(size_t facts, uint64_t ms)
{
    if (ms >= GATHER_PART)
        return facts;
    return facts >= LARGE_TURN ? facts / 2 : 1;
}

/* Whether the worker takes up what is ahead, or leaves it to the loop to say what is next. */
static bool goes_on(struct daemon *daemon, uint64_t began)
{
    struct turn *turn = &daemon->turn;
    if (turn->last || turn->look || daemon->tidings.fresh ||
        store_trouble(daemon->store) == STORE_BROKEN)
        return false;
    size_t facts = 0;
    for (const struct delivery *d = turn->deliveries; d; d = d->next)
        facts += d->count;
    return ahead_go_on(daemon->ahead, turn, enough_after(facts, (uv_hrtime() - began) / 1000000));
}

static bool work(void *arg)
{
    struct daemon *daemon = arg;
    uint64_t began = uv_hrtime();
    if (daemon->resting) {
        daemon->turn_err = store_rest(daemon->store);
        return false;
    }
    daemon->turn_err = pipeline_turn(daemon->pipeline, &daemon->turn);
    if (daemon->turn_err != 0)
        return false;
    const struct generation *generation = pipeline_generation(daemon->pipeline);
    tidings_look(&daemon->tidings, generation, daemon->bundle->hash);
    forget_texts(daemon, generation);
    return goes_on(daemon, began);
}

/* The low-water mark: refusing work early is better than a disk that is full in the middle of it.
 * What is below it is the reserve: for acts and answers of people, for the letters that are out,
 * and for the page that says so. */
static bool has_room(struct daemon *daemon)
{
    int mib = daemon->conf->limits.low_water_mib;
    uint64_t now = uv_now(&daemon->loop);
    bool known = !daemon->short_of_room && now < daemon->room_until;
    bool enough =
        !daemon->full && (known || folder_free_bytes(daemon->conf->store) >= (int64_t)mib * MIB);
    if (enough && !known)
        daemon->room_until = now + ROOM_MS;
    if (!enough && !daemon->short_of_room)
        events_add(&daemon->alarms, LOG_ALARM, "store.low",
                   tr("less than %d MiB are free: nothing new is taken until there is room",
                      "可用空间不足 %d MiB：腾出空间前不再接收新数据"),
                   mib);
    if (enough && daemon->short_of_room)
        log_event(&daemon->log, LOG_INFO, "store.room", "%s",
                  tr("there is room again", "存储空间已恢复"));
    daemon->short_of_room = !enough;
    return enough;
}

static struct question *take_questions(struct daemon *daemon)
{
    struct question *taken = daemon->asked, **end = &daemon->asked;
    for (int i = 0; *end && i < QUESTIONS_A_TURN; i++, daemon->asked_count--)
        end = &(*end)->next;
    if (!taken)
        return NULL;
    daemon->asked = *end;
    if (!daemon->asked)
        daemon->asked_last = &daemon->asked;
    *end = NULL;
    return taken;
}

static struct delivery *take_deliveries(struct daemon *daemon)
{
    size_t max = (size_t)daemon->conf->limits.batch_facts;
    if (has_room(daemon))
        return inbox_take(&daemon->inbox, max);
    return daemon->full ? NULL : inbox_take_people(&daemon->inbox, max);
}

/* What a failed turn was asked stays asked, but for what people wait for: questions and acts.
 * Where the disk is full every other turn only looks, so that who asks is answered all the same. */
static void give_turn(struct daemon *daemon)
{
    struct turn *turn = &daemon->turn;
    bool last = may_end(daemon);
    if (!turn->deliveries)
        turn->deliveries = take_deliveries(daemon);
    if (!turn->returned)
        turn->returned = dispatch_take_returned(daemon->dispatch);
    turn->look = daemon->full && daemon->asked && !last && !turn->look;
    if (!turn->questions && (turn->look || !daemon->full || last))
        turn->questions = take_questions(daemon);
    if (turn->alarms.count == 0) {
        turn->alarms = daemon->alarms;
        daemon->alarms = (struct events){0};
    }
    turn->last = last && !turn->deliveries;
    daemon->turning = daemon->at_work = true;
    daemon->news_due = 0;
    daemon->turn_began = uv_now(&daemon->loop);
    upkeep_turn_begins(daemon->upkeep);
    worker_give(daemon->worker);
}

static void give_rest(struct daemon *daemon)
{
    daemon->turning = daemon->at_work = daemon->resting = true;
    worker_give(daemon->worker);
}

/* While the worker is at work: facts for it to go on with, if there is nothing else. */
static void put_ahead(struct daemon *daemon)
{
    size_t max = (size_t)daemon->conf->limits.batch_facts, ahead = ahead_facts(daemon->ahead);
    const struct delivery *first = daemon->inbox.first;
    if (!daemon->at_work)
        return;
    if (daemon->asked || daemon->alarms.count > 0 || dispatch_has_returned(daemon->dispatch) ||
        daemon->ending != NOT_ENDING)
        ahead_hold(daemon->ahead);
    else if (first && daemon->ready && ahead + first->count <= max && has_room(daemon))
        ahead_put(daemon->ahead, inbox_take(&daemon->inbox, max - ahead));
}

void daemon_alarm(void *arg, const char *event, const char *text)
{
    struct daemon *daemon = arg;
    events_add(&daemon->alarms, LOG_ALARM, event, "%s", text);
    consider(daemon);
}

static instant_ms next_due(const struct daemon *daemon)
{
    instant_ms due = daemon->turn.tick_due, attempt = daemon->turn.attempt_due;
    return due == INSTANT_NONE || (attempt != INSTANT_NONE && attempt < due) ? attempt : due;
}

static void sleep_until_due(struct daemon *daemon);

/* Whether what came back from the channels asks for a turn now. */
static bool has_news(struct daemon *daemon)
{
    uint64_t now = uv_now(&daemon->loop);
    if (!dispatch_has_returned(daemon->dispatch))
        return false;
    if (daemon->news_due == 0)
        daemon->news_due = now + NEWS_MS;
    return daemon->turn.crowded || daemon->ending != NOT_ENDING || daemon->news_due <= now;
}

/* How long the facts that are there wait for those of others yet; 0: no longer, or there are none.
 */
static uint64_t gather_ms(const struct daemon *daemon)
{
    uint64_t now = uv_now(&daemon->loop);
    bool gathers = daemon->inbox.first && daemon->inbox.facts < daemon->gather_for &&
                   daemon->ending == NOT_ENDING && !daemon->short_of_room;
    return gathers && now < daemon->gather_until ? daemon->gather_until - now : 0;
}

/* Whether the facts that wait are worth a commit by now. */
static bool has_facts(const struct daemon *daemon)
{
    if (daemon->short_of_room)
        return daemon->inbox.acts > 0 && !daemon->full;
    return daemon->inbox.first && gather_ms(daemon) == 0;
}

/* Whatever the clock was set to meanwhile. */
static void on_timer(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;
    if (daemon->turning || daemon->ending == OVER)
        return;
    instant_ms due = next_due(daemon);
    if (daemon->short_of_room || has_facts(daemon) || has_news(daemon) ||
        pipeline_clock_is_off(daemon->pipeline) ||
        (due != INSTANT_NONE && due <= clock_now(&daemon->options->clock)))
        give_turn(daemon);
    else
        sleep_until_due(daemon);
}

static void sleep_ms(struct daemon *daemon, int64_t ms)
{
    uint64_t now = uv_now(&daemon->loop);
    int64_t gathering = (int64_t)gather_ms(daemon);
    int64_t news = daemon->news_due > now ? (int64_t)(daemon->news_due - now) : 0;
    if (daemon->news_due > 0 && ms > news)
        ms = news;
    if (gathering > 0 && ms > gathering)
        ms = gathering;
    ms = ms < 0 ? 0 : ms > SLEEP_MS_MAX ? SLEEP_MS_MAX : ms;
    uv_timer_start(&daemon->timer, on_timer, (uint64_t)ms, 0);
}

static void sleep_until_due(struct daemon *daemon)
{
    instant_ms due = next_due(daemon);
    if (daemon->short_of_room)
        sleep_ms(daemon, RETRY_MS);
    else if (due != INSTANT_NONE && due <= INT64_MAX / 2)
        sleep_ms(daemon, due - clock_now(&daemon->options->clock));
    else
        sleep_ms(daemon, SLEEP_MS_MAX);
}

/* Whether anything asks for a turn now; else sleeps until something does. */
static void consider(struct daemon *daemon)
{
    if (daemon->ending == OVER)
        return;
    if (daemon->turning) {
        put_ahead(daemon);
        return;
    }
    bool orders = daemon->turn.attempt_due != INSTANT_NONE &&
                  daemon->turn.attempt_due <= clock_now(&daemon->options->clock);
    if (has_facts(daemon) || orders || daemon->asked || has_news(daemon) || daemon->turn.more ||
        daemon->alarms.count > 0 || may_end(daemon))
        give_turn(daemon);
    else if (store_is_to_rest(daemon->store))
        give_rest(daemon);
    else
        sleep_until_due(daemon);
}

static int exit_of(const struct daemon *daemon)
{
    if (daemon->turn_err != ERR_STORE)
        return daemon->turn.findings.errors > 0 ? EX_CONFIG : EX_SOFTWARE;
    return store_trouble(daemon->store) == STORE_FORBIDDEN ? EX_NOPERM : EX_IOERR;
}

/* Facts wait for room; a person is told, and the act is not done when nobody expects it any more.
 */
static void refuse_people(struct daemon *daemon)
{
    struct delivery **link = &daemon->turn.deliveries, *refused = NULL;
    while (*link) {
        struct delivery *delivery = *link;
        if (!delivery->by_people) {
            link = &delivery->next;
            continue;
        }
        *link = delivery->next;
        delivery->next = refused;
        refused = delivery;
    }
    daemon_give_up(refused);
    daemon_give_up(inbox_take_people(&daemon->inbox, SIZE_MAX));
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
    if (!retry || !daemon->full)
        log_event(&daemon->log, LOG_ALARM, retry ? "store.full" : "store.failed", "%s", message);
    if (!retry) {
        end(daemon, exit_of(daemon));
        return;
    }
    daemon->short_of_room = daemon->full = true;
    refuse_people(daemon);
    sleep_ms(daemon, RETRY_MS);
}

/* After the first turn we know where we are, and not before may anything come in. */
static void wake_sources(struct daemon *daemon)
{
    if (!daemon->ready)
        notify("READY=1");
    daemon->ready = true;
    sources_resume(&daemon->sources);
}

static size_t settle(struct daemon *daemon, struct turn *turn)
{
    daemon->full = false;
    daemon->short_of_room = daemon->short_of_room && !has_room(daemon);
    return upshot_answer(turn);
}

/* The worker has gone on from it by itself; facts that came in until it has done so wait. */
static void turn_ended(struct daemon *daemon, struct turn *turn)
{
    upshot_tell(daemon, turn, 0);
    upkeep_turn_begins(daemon->upkeep);
    daemon->turn_began = uv_now(&daemon->loop);
    settle(daemon, turn);
    turn_release(turn);
    sources_resume(&daemon->sources);
    put_ahead(daemon);
}

static void set_gathering(struct daemon *daemon, size_t facts)
{
    uint64_t now = uv_now(&daemon->loop), ms = now - daemon->turn_began;
    uint64_t part = ms / GATHER_PART;
    daemon->gather_for = enough_after(facts, ms);
    daemon->gather_until = now + (part > GATHER_MS_LEAST ? part : GATHER_MS_LEAST);
}

/* What could not be carried is met by the next turn; damage ends us at once. */
static void rest_over(struct daemon *daemon)
{
    daemon->resting = daemon->turning = false;
    if (daemon->turn_err < 0 && store_trouble(daemon->store) == STORE_BROKEN)
        failed(daemon);
    else if (daemon->turn_err < 0)
        sleep_until_due(daemon);
    else
        consider(daemon);
}

/* Answering wakes sources, and they ask for turns; so this turn is under way until all of it is
 * dealt with. */
static void turn_over(struct daemon *daemon)
{
    size_t facts = 0;
    struct turn *turn = &daemon->turn;
    inbox_put_back(&daemon->inbox, ahead_take(daemon->ahead));
    if (daemon->resting) {
        rest_over(daemon);
        return;
    }
    upshot_tell(daemon, turn, daemon->turn_err);
    if (daemon->turn_err == 0 && store_trouble(daemon->store) == STORE_BROKEN)
        daemon->turn_err = ERR_STORE; /* who looked met damage: nothing is decided on top of it */
    if (daemon->turn_err < 0) {
        failed(daemon);
        turn_release(turn);
        daemon->turning = false;
        return;
    }
    if (!turn->look)
        facts = settle(daemon, turn);
    turn_release(turn);
    daemon_spread_tidings(daemon);
    if (turn->last) {
        log_event(&daemon->log, LOG_INFO, "stopped", "%s", tr("all is written", "数据已全部写入"));
        end(daemon, EX_OK);
    } else if (daemon->ending != STOPPING && !turn->look) {
        wake_sources(daemon);
    }
    daemon->turning = false;
    set_gathering(daemon, facts);
    consider(daemon);
}

static void told(void *arg, bool idle)
{
    struct daemon *daemon = arg;
    struct turn ended;
    daemon->at_work = daemon->at_work && !idle;
    if (ahead_ended(daemon->ahead, &ended))
        turn_ended(daemon, &ended);
    if (idle)
        turn_over(daemon);
}

/* ---- what the parts call ----------------------------------------------- */

static void asked(void *arg)
{
    consider(arg);
}

void daemon_ask(struct daemon *daemon, struct question *question)
{
    question->next = NULL;
    if (daemon->asked_count >= QUESTIONS_MAX || daemon->ending == STOPPING ||
        daemon->ending == OVER) {
        question->answered(question->arg, false);
        return;
    }
    *daemon->asked_last = question;
    daemon->asked_last = &question->next;
    daemon->asked_count++;
    consider(daemon);
}

static void input_ended(void *arg)
{
    struct daemon *daemon = arg;
    log_event(&daemon->log, LOG_INFO, "stdin.end", "%s",
              tr("the input has ended", "标准输入已结束"));
    if (daemon->conf->stdin_.at_end == AT_END_STOP && daemon->ending == NOT_ENDING)
        stop(daemon, true);
}

/* `systemctl reload`: certificates are read again.  A policy is not: that is an act of a person,
 * with a note, and a fact. */
static void reload(struct daemon *daemon)
{
    struct findings findings = {0};
    notify_reloading();
    int err = api_renew(daemon->api, &findings);
    if (err < 0)
        daemon_tell(daemon, "reload", &findings);
    else
        log_event(&daemon->log, LOG_INFO, "reload", "%s",
                  tr("certificates are read again", "证书已重新读取"));
    findings_release(&findings);
    notify("READY=1");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;
    if (number == SIGHUP) {
        reload(daemon);
        return;
    }
    log_event(&daemon->log, LOG_INFO, "signal", "%s",
              number == SIGINT ? tr("interrupted: stopping", "收到中断信号，停止运行")
                               : tr("told to stop", "收到停止信号，停止运行"));
    stop(daemon, false);
}

int loop_run(const struct loop_options *options)
{
    static const struct daemon_calls calls = {work, told, asked, input_ended, on_signal};
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
