/* Acts of people: each a decision fact, judged where it is journaled, and answered by what it led
 * to.
 *
 * The header Idempotency-Key names the fact, so that whoever got no answer may ask again: the same
 * act under the same key is answered as before and done once; another act under it is refused. */
#include "base/err.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
#include "shell/correction.h"
#include "shell/letter.h"
#include "shell/plan_fate.h"
#include "shell/settings.h"
#include "store/journal.h"
#include "store/letters.h"
#include "store/lookup.h"
#include <stdlib.h>
#include <string.h>

struct act {
    struct fact fact;
    bool (*check)(struct call *call, const struct view *view); /* false: it has denied; or NULL */
    bool of_letters;                                           /* about what was sent */
    bool earlier;                                              /* it was done already */
};

/* ---- doing it ------------------------------------------------------------------ */

static bool same_act(const struct fact *a, const struct fact *b)
{
    const struct decision_fact *left = &a->decision, *right = &b->decision;
    return a->kind == b->kind && str_equal(a->subject, b->subject) && left->act == right->act &&
           str_equal(left->by, right->by) && str_equal(left->note, right->note) &&
           str_equal(left->plan, right->plan) && str_equal(left->level, right->level) &&
           str_equal(left->text, right->text) && left->count == right->count;
}

struct comparing {
    const struct fact *fact;
    bool same;
};

static int compare(void *arg, int64_t seq, const struct fact *fact)
{
    struct comparing *comparing = arg;
    (void)seq;
    comparing->same = same_act(fact, comparing->fact);
    return 1;
}

/* Once it has left, a plan is known by its letters; the journal says its whole hash. */
static bool name_plan_whole(struct call *call, const struct view *view, struct act *act)
{
    struct fact *fact = &act->fact;
    if (!act->of_letters || !fact->decision.plan)
        return true;
    bool named = call_plan_whole(call, view, &fact->decision.plan);
    fact->subject = fact->decision.plan;
    return named;
}

/* The engine knows of the last plan alone. */
static void deny_by_fate(struct call *call, const struct view *view, const struct fact *fact)
{
    struct buf words = {0};
    int known = call->status < 400 && act_is_of_engine(fact->decision.act)
                    ? plan_fate(view, fact, call->zone, &words)
                    : 0;
    if (known < 0)
        call_deny_store(call, view);
    else if (known > 0)
        call_deny(call, 409, "%s", buf_str(&words));
    buf_release(&words);
}

static void look_before(struct call *call, const struct view *view)
{
    struct act *act = call->state;
    struct comparing comparing = {.fact = &act->fact};
    int64_t seq;
    if (!name_plan_whole(call, view, act))
        return;
    int err = lookup_fact(view->store, act->fact.source, act->fact.id, &seq);
    if (err == ERR_NOT_FOUND) {
        if (act->check)
            act->check(call, view);
        deny_by_fate(call, view, &act->fact);
        return;
    }
    if (err == 0)
        err = journal_read(view->store, seq - 1, compare, &comparing);
    if (err < 0) {
        call_deny_store(call, view);
    } else if (!comparing.same) {
        call_deny(call, 409, "%s",
                  tr("this Idempotency-Key was used for another act",
                     "该 Idempotency-Key 已用于其他操作"));
    } else {
        act->earlier = true;
        call->fact = &act->fact;
        act_outcome(call, view);
    }
}

static void tell_and_look(struct call *call)
{
    const struct decision_fact *decision = &call->fact->decision;
    char *which = xasprintf("%s: %s", call->fact->subject, decision->note);
    call_audit(call, decision_act_name(decision->act), which);
    free(which);
    call_look(call, act_outcome, NULL);
}

static void do_it(struct call *call)
{
    struct act *act = call->state;
    if (act->earlier)
        call_answer(call);
    else
        call_act(call, &act->fact, tell_and_look);
}

static bool is_plain_key(const char *key)
{
    size_t size = strlen(key);
    for (size_t i = 0; i < size; i++)
        if (key[i] <= ' ' || key[i] > '~')
            return false;
    return size > 0 && size <= 128;
}

/* Everything of the act but its id and its author is filled in. */
static void begin(struct call *call, struct act *act)
{
    const char *key = http_header(call->request, "Idempotency-Key");
    char made[TOKEN_SIZE];
    if (key && !is_plain_key(key)) {
        call_refuse(call, 400, "%s",
                    tr("Idempotency-Key: up to 128 printable characters",
                       "Idempotency-Key 须为不超过 128 个可见字符"));
        return;
    }
    secret_token(made);
    struct fact *fact = &act->fact;
    fact->kind = FACT_DECISION;
    if (!fact->subject) /* every decision has one */
        fact->subject = fact->decision.plan ? fact->decision.plan : "daemon";
    fact->time = clock_now(&call->api->host.clock);
    fact->arrival = call_arrival(call);
    fact->source = arena_printf(&call->arena, "/people/%s", call->who);
    fact->id = arena_strdup(&call->arena, key ? key : made + 3);
    fact->decision.by = call->who;
    call->state = act;
    call_look(call, look_before, do_it);
}

/* An act whose body may have a note and the members named besides; NULL: refused. */
static struct act *new_act(struct call *call, enum decision_act kind)
{
    struct act *act = arena_alloc(&call->arena, sizeof *act);
    act->fact.decision = (struct decision_fact){.act = kind, .until = INSTANT_NONE};
    return call_need_text(call, "note", &act->fact.decision.note) ? act : NULL;
}

static bool read_count(struct call *call, struct act *act)
{
    const json_t *count = json_object_get(call->body, "count");
    if (!count || json_is_null(count))
        return true;
    json_int_t value = json_integer_value(count);
    if (!json_is_integer(count) || value < 1 || value > RECIPIENTS_MAX) {
        call_refuse(call, 400, "%s",
                    tr("count is the number of orders of the plan", "count 为方案所含指令数"));
        return false;
    }
    act->fact.decision.count = (int)value;
    return true;
}

/* ---- proposals -------------------------------------------------------------------- */

void api_approve(struct call *call)
{
    struct act *act = call_body(call, "note", "count", NULL) ? new_act(call, ACT_APPROVE) : NULL;
    if (!act || !read_count(call, act))
        return;
    act->fact.decision.plan = call->params[0];
    begin(call, act);
}

/* "2026-01-14 18:00", or "2h" from now. */
static bool read_until(struct call *call, struct act *act)
{
    const char *text;
    instant_ms now = clock_now(&call->api->host.clock), until = INSTANT_NONE;
    span_ms span;
    if (!call_need_text(call, "until", &text))
        return false;
    int err = span_parse(text, &span);
    if (err == 0)
        until = now + span;
    else if (instant_parse(text, call->zone, &until) < 0)
        until = INSTANT_NONE;
    if (until <= now) {
        call_refuse(call, 400, "%s",
                    err == ERR_LIMIT
                        ? tr("until lies ten years ahead at most", "until 距今不得超过十年")
                        : tr("until is a time to come, as 2026-01-14T18:00 or 2h",
                             "until 须为将来的时刻，如 2026-01-14T18:00 或 2h"));
        return false;
    }
    act->fact.decision.until = until;
    return true;
}

void api_hold(struct call *call)
{
    struct act *act = call_body(call, "note", "until", NULL) ? new_act(call, ACT_HOLD) : NULL;
    if (!act || !read_until(call, act))
        return;
    act->fact.decision.plan = call->params[0];
    begin(call, act);
}

void api_file(struct call *call)
{
    struct act *act = call_body(call, "note", NULL) ? new_act(call, ACT_FILE) : NULL;
    if (!act)
        return;
    act->fact.decision.plan = call->params[0];
    begin(call, act);
}

/* ---- by hand ------------------------------------------------------------------------- */

void api_issue(struct call *call)
{
    struct act *act =
        call_body(call, "note", "level", "count", NULL) ? new_act(call, ACT_OVERRIDE) : NULL;
    if (!act || !call_need_text(call, "level", &act->fact.decision.level) || !read_count(call, act))
        return;
    act->fact.subject = arena_printf(&call->arena, "%s/%s", call->params[0], call->params[1]);
    begin(call, act);
}

static const char *episode_of(struct call *call)
{
    return arena_printf(&call->arena, "%s/%s/%s", call->params[0], call->params[1],
                        call->params[2]);
}

void api_lift(struct call *call)
{
    struct act *act = call_body(call, "note", "count", NULL) ? new_act(call, ACT_LIFT) : NULL;
    if (!act || !read_count(call, act))
        return;
    act->fact.subject = episode_of(call);
    begin(call, act);
}

void api_break_glass(struct call *call)
{
    const char *rule, *area;
    struct act *act = call_body(call, "note", "plan", "rule", "area", "level", "count", NULL)
                          ? new_act(call, ACT_BREAK_GLASS)
                          : NULL;
    if (!act || !call_text(call, "plan", &act->fact.decision.plan) ||
        !call_text(call, "level", &act->fact.decision.level) || !call_text(call, "rule", &rule) ||
        !call_text(call, "area", &area) || !read_count(call, act))
        return;
    bool by_plan = act->fact.decision.plan != NULL;
    if (by_plan ? rule || area || act->fact.decision.level
                : !rule || !area || !act->fact.decision.level) {
        call_refuse(
            call, 400, "%s",
            tr("name the plan, or rule, area and level", "须写明 plan，或 rule、area 与 level"));
        return;
    }
    if (!by_plan)
        act->fact.subject = arena_printf(&call->arena, "%s/%s", rule, area);
    begin(call, act);
}

/* ---- corrections ------------------------------------------------------------------------ */

static int one_is_enough(void *arg, const struct letter_row *row)
{
    (void)arg;
    (void)row;
    return 1;
}

static void deny_unsent(struct call *call, const struct letter_query *query)
{
    if (query->plan)
        call_deny(call, 404, tr("no letter of plan %.80s was sent", "方案 %.80s 没有已发出的信件"),
                  query->plan);
    else if (query->episode)
        call_deny(call, 404, tr("no letter of episode %s was sent", "过程 %s 没有已发出的信件"),
                  query->episode);
    else
        call_deny(call, 404,
                  tr("no letter %.80s was sent: a letter's number has %d digits, a plan's %d to %d",
                     "信件 %.80s 并未发出：信件编号为 %d 位，方案号为 %d 至 %d 位"),
                  call->params[0], LETTER_ID_SIZE - 1, HASH_DIGITS_MIN, HASH_HEX - 1);
}

static bool something_was_sent(struct call *call, const struct view *view)
{
    struct act *act = call->state;
    struct letter_query query = {.max = 1, .plan = act->fact.decision.plan};
    int found = ERR_NOT_FOUND;
    if (!query.plan && call->param_count == API_PARAMS_MAX)
        query.episode = act->fact.subject;
    if (query.plan || query.episode) {
        found = letter_find(view->store, &query, one_is_enough, NULL);
    } else {
        struct outbox_standing standing;
        found = outbox_standing(view->store, act->fact.subject, &standing);
        found = found < 0 ? found : standing.delivered + standing.alive + standing.dead > 0;
        if (found == 0) /* then who took it back before is said where the act is judged */
            found = correction_has_closed(view->store, &act->fact);
    }
    if (found == ERR_STORE)
        call_deny_store(call, view);
    else if (found <= 0)
        deny_unsent(call, &query);
    return found > 0;
}

static void take_back(struct call *call, enum decision_act kind)
{
    struct act *act = call_body(call, "note", "text", NULL) ? new_act(call, kind) : NULL;
    if (!act ||
        !(kind == ACT_CORRECT ? call_need_text : call_text)(call, "text", &act->fact.decision.text))
        return;
    bool plan = str_starts(call->route->path, "/api/v1/plans/");
    if (plan)
        act->fact.decision.plan = call->params[0];
    else
        act->fact.subject =
            call->param_count == API_PARAMS_MAX ? episode_of(call) : call->params[0];
    act->check = something_was_sent;
    act->of_letters = true;
    begin(call, act);
}

void api_correct(struct call *call)
{
    take_back(call, ACT_CORRECT);
}

void api_withdraw(struct call *call)
{
    take_back(call, ACT_WITHDRAW);
}

/* ---- the daemon ---------------------------------------------------------------------------- */

/* What would change nothing is refused, and does not stand on the shift's sheet as if it had. */
static bool goes_on(struct call *call, const struct view *view)
{
    const char *paused = settings_paused(view->settings);
    if (paused)
        call_deny(call, 409,
                  tr("dispatch is paused already by %s", "发送此前已暂停，操作人及事由：%s"),
                  paused);
    return !paused;
}

static bool is_paused(struct call *call, const struct view *view)
{
    bool paused = settings_paused(view->settings) != NULL;
    if (!paused)
        call_deny(call, 409, "%s",
                  tr("dispatch is not paused: there is nothing to resume", "发送未暂停，无须恢复"));
    return paused;
}

void api_pause(struct call *call)
{
    struct act *act = call_body(call, "note", NULL) ? new_act(call, ACT_PAUSE) : NULL;
    if (!act)
        return;
    act->check = goes_on;
    begin(call, act);
}

static bool is_suspended(struct call *call, const struct view *view)
{
    const struct act *act = call->state;
    char *name = xasprintf(SUSPENDED_SETTING "%s", act->fact.subject);
    bool suspended = settings_get(view->settings, name) != NULL;
    free(name);
    if (!suspended)
        call_deny(
            call, 404,
            tr("%s is not suspended, and nothing was resumed: the hand-over sheet lists those that "
               "are; without an address dispatch as a whole goes on",
               "%s 并未停用，未作任何恢复：停用的地址见值班交接单；不写地址则恢复全部发送"),
            act->fact.subject);
    return suspended;
}

void api_resume(struct call *call)
{
    struct act *act = call_body(call, "note", "address", NULL) ? new_act(call, ACT_RESUME) : NULL;
    if (!act || !call_text(call, "address", &act->fact.subject))
        return;
    act->check = act->fact.subject ? is_suspended : is_paused; /* of all dispatch */
    begin(call, act);
}

static bool is_gateway(struct call *call, const struct view *view)
{
    const struct act *act = call->state;
    if (gateways_find(routing_gateways(view->routing), act->fact.subject) >= 0)
        return true;
    call_deny(call, 404, tr("there is no gateway %s", "没有名为 %s 的网关"), act->fact.subject);
    return false;
}

void api_self_check(struct call *call)
{
    struct act *act = call_body(call, "note", "gateway", NULL) ? new_act(call, ACT_TEST) : NULL;
    if (!act || !call_text(call, "gateway", &act->fact.subject))
        return;
    act->check = act->fact.subject ? is_gateway : NULL; /* NULL: all of them */
    begin(call, act);
}

/* ---- the policy ------------------------------------------------------------------------------ */

void act_of_policy(struct call *call, enum decision_act kind, const char *note, const char *hash,
                   bool shadow)
{
    struct act *act = arena_alloc(&call->arena, sizeof *act);
    act->fact.decision = (struct decision_fact){.act = kind,
                                                .until = INSTANT_NONE,
                                                .note = note,
                                                .plan = hash,
                                                .text = shadow ? "shadow" : NULL};
    begin(call, act);
}
