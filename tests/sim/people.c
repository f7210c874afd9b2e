/* Who does what, and when. */
#include "people.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "host.h"
#include "model/bundle.h"
#include "oracle.h"
#include "shell/events.h"
#include "shell/pipeline.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct people {
    struct rng rng;
    int64_t acts, receipts; /* so far: numbers of identities */
    bool looking;           /* an officer is on the way */
    bool paused;
    enum city_policy policy, before; /* in force as far as people know */
    char released[HASH_HEX];         /* the plan approved last */
    char letter[40];                 /* an order that was received */
    int refused;                     /* acts, by the gate */
};

/* ---- acts ------------------------------------------------------------------------------- */

/* Before an act is journaled, the engine is asked whether it would count. */
static int gate(void *arg, const struct view *view, const struct fact *fact)
{
    struct saying *saying = arg;
    struct buf why = {0};
    if (!view->live || !act_is_of_engine(fact->decision.act))
        return 0;
    int err = engine_act_check(view->live->engine, fact, &why);
    saying->sim->people->refused += err < 0;
    buf_release(&why);
    return err;
}

static struct saying *act(struct sim *sim, enum decision_act which, const char *by,
                          const char *subject)
{
    struct saying *saying = saying_new(sim);
    struct fact *fact = saying_add(saying, FACT_DECISION, "people");
    fact->id = arena_printf(&saying->arena, "act/%lld", (long long)sim->people->acts++);
    fact->time = sim->steady;
    fact->subject = subject ? arena_strdup(&saying->arena, subject) : NULL;
    fact->decision =
        (struct decision_fact){.act = which, .by = by, .note = "按预案执行", .until = INSTANT_NONE};
    saying->delivery.gate = gate;
    return saying;
}

static struct decision_fact *decision_of(struct saying *saying)
{
    return &saying->facts[0].decision;
}

/* ---- proposals ---------------------------------------------------------------------------- */

static void look(struct sim *sim, void *arg, int64_t number);

static void plan_look(struct sim *sim, int64_t in_ms)
{
    if (sim->people->looking)
        return;
    sim->people->looking = true;
    sim_plan(sim, in_ms, look, NULL, 0);
}

static void keep_order(void *arg, const struct order *order)
{
    oracle_approve_order(arg, order->id);
}

static void sign(struct sim *sim, const char *hash, const char *by, int orders)
{
    struct saying *saying = act(sim, ACT_APPROVE, by, "heavy-pollution");
    decision_of(saying)->plan = arena_strdup(&saying->arena, hash);
    decision_of(saying)->count = orders;
    saying_offer(saying);
}

struct signing { /* a second signature */
    char hash[HASH_HEX];
    int orders;
};

static void sign_second(struct sim *sim, void *arg, int64_t number)
{
    struct signing *signing = arg;
    (void)number;
    sign(sim, signing->hash, "乙", signing->orders);
    free(signing);
}

static void sign_later(struct sim *sim, const char *hash, int orders, int64_t in_ms)
{
    struct signing *signing = xcalloc(1, sizeof *signing);
    snprintf(signing->hash, sizeof signing->hash, "%s", hash);
    signing->orders = orders;
    sim_plan(sim, in_ms, sign_second, signing, 0);
}

/* By one, by two in the same instant, or by a second one who does not know that it is done. */
static void approve(struct sim *sim, const char *hash, bool two, int orders)
{
    struct people *people = sim->people;
    oracle_approve(sim, hash);
    if (engine_proposal_orders(host_generation(sim)->engine, hash, keep_order, sim) < 0)
        return; /* it is another plan by now; they look again later */
    sim_count(sim, FAULT_approved);
    snprintf(people->released, sizeof people->released, "%s", hash);
    sign(sim, hash, "甲", orders);
    if (rng_chance(&people->rng, 30)) {
        sign(sim, hash, "乙", orders);
        sim_count(sim, FAULT_approved_at_once);
    } else if (two || rng_chance(&people->rng, 30)) {
        sign_later(sim, hash, orders, rng_between(&people->rng, SECOND_MS, 10 * MINUTE_MS));
        if (!two)
            sim_count(sim, FAULT_approved_again);
    }
}

static void hold(struct sim *sim, const char *hash)
{
    struct saying *saying = act(sim, ACT_HOLD, "甲", "heavy-pollution");
    decision_of(saying)->plan = arena_strdup(&saying->arena, hash);
    decision_of(saying)->until = sim->wall + 40 * MINUTE_MS;
    sim_count(sim, FAULT_held);
    saying_offer(saying);
}

static void file(struct sim *sim, const char *hash)
{
    struct saying *saying = act(sim, ACT_FILE, "甲", "heavy-pollution");
    decision_of(saying)->plan = arena_strdup(&saying->arena, hash);
    sim_count(sim, FAULT_filed);
    saying_offer(saying);
}

static void decide(struct sim *sim, const json_t *proposal)
{
    const char *hash = json_string_value(json_object_get(proposal, "hash"));
    const char *approval = json_string_value(json_object_get(proposal, "approve"));
    json_int_t orders =
        json_integer_value(json_object_get(json_object_get(proposal, "counts"), "orders"));
    int64_t mind = rng_below(&sim->people->rng, 100);
    if (mind < 10 && !sim_is_calm(sim))
        hold(sim, hash);
    else if (mind < 18 && !sim_is_calm(sim))
        file(sim, hash);
    else
        approve(sim, hash, str_equal(approval, "two"), (int)orders);
}

static void look(struct sim *sim, void *arg, int64_t number)
{
    struct people *people = sim->people;
    (void)arg, (void)number;
    people->looking = false;
    const struct generation *generation = host_generation(sim);
    if (!generation) {
        plan_look(sim, MINUTE_MS);
        return;
    }
    struct buf text = {0};
    engine_proposals(generation->engine, &text);
    json_t *list = json_loads(buf_str(&text), 0, NULL), *proposal;
    size_t i;
    json_array_foreach(list, i, proposal)
    {
        const char *state = json_string_value(json_object_get(proposal, "state"));
        if (!str_equal(state, "held"))
            decide(sim, proposal);
    }
    if (json_array_size(list) > 0)
        plan_look(sim, rng_between(&people->rng, 10 * MINUTE_MS, HOUR_MS));
    json_decref(list);
    buf_release(&text);
}

void people_hear(struct sim *sim, const struct event *event)
{
    if (event->line && strstr(event->line, "\"kind\":\"propose\""))
        plan_look(sim, rng_between(&sim->people->rng, 2 * MINUTE_MS, 50 * MINUTE_MS));
}

/* ---- dispatch ------------------------------------------------------------------------------- */

static void resume(struct sim *sim, void *arg, int64_t number)
{
    (void)arg, (void)number;
    saying_offer(act(sim, ACT_RESUME, "乙", "daemon"));
    sim->people->paused = false;
}

static void pause_now(struct sim *sim)
{
    struct people *people = sim->people;
    if (people->paused)
        return;
    people->paused = true;
    sim_count(sim, FAULT_paused);
    saying_offer(act(sim, ACT_PAUSE, "甲", "daemon"));
    sim_plan(sim, rng_between(&people->rng, 5 * MINUTE_MS, 2 * HOUR_MS), resume, NULL, 0);
}

static void withdrawn(struct saying *saying)
{
    oracle_end_letter(saying->sim, saying->facts[0].subject);
}

static void corrected(struct saying *saying)
{
    oracle_correct_letter(saying->sim, saying->facts[0].subject);
}

static void correct(struct sim *sim, enum decision_act which)
{
    if (!sim->people->letter[0])
        return;
    struct saying *saying = act(sim, which, "丙", sim->people->letter);
    decision_of(saying)->text = "此前通知有误，以此为准。";
    sim_count(sim, which == ACT_CORRECT ? FAULT_corrected : FAULT_withdrawn);
    saying->answered = which == ACT_CORRECT ? corrected : withdrawn;
    sim->people->letter[0] = 0;
    saying_offer(saying);
}

/* ---- policies ---------------------------------------------------------------------------------
 */

static void expect_policy(struct sim *sim, enum city_policy policy)
{
    const struct generation *generation = host_generation(sim);
    if (strcmp(generation->bundle->hash, sim->city.policies[policy]->hash) != 0)
        sim_fail(sim, "policy %.12s is in force, not %.12s", generation->bundle->hash,
                 sim->city.policies[policy]->hash);
}

static void reloaded(struct saying *saying)
{
    expect_policy(saying->sim, saying->sim->people->policy);
}

static void reload(struct sim *sim, enum city_policy policy, bool shadow)
{
    struct people *people = sim->people;
    struct saying *saying = act(sim, ACT_RELOAD, "丁", "policy");
    saying->delivery.bundle = sim->city.policies[policy];
    decision_of(saying)->text = shadow ? "shadow" : NULL;
    if (shadow) {
        sim_count(sim, FAULT_shadow_policy);
    } else {
        sim_count(sim, policy == POLICY_BROKEN ? FAULT_reload_broken : FAULT_reload_good);
        saying->answered = reloaded;
        host_set_folder(sim, policy);
    }
    if (!shadow && policy != POLICY_BROKEN && policy != people->policy) {
        people->before = people->policy;
        people->policy = policy;
    }
    saying_offer(saying);
}

static void roll_back(struct sim *sim)
{
    struct people *people = sim->people;
    if (people->before == people->policy)
        return;
    struct saying *saying = act(sim, ACT_ROLLBACK, "丁", "policy");
    decision_of(saying)->plan = sim->city.policies[people->before]->hash;
    saying->answered = reloaded;
    people->policy = people->before;
    sim_count(sim, FAULT_rolled_back);
    saying_offer(saying);
}

static void change_policy(struct sim *sim)
{
    struct rng *rng = &sim->people->rng;
    enum city_policy good = (enum city_policy)rng_between(rng, POLICY_FIRST, POLICY_THIRD);
    switch (rng_below(rng, 4)) {
    case 0:
        reload(sim, POLICY_BROKEN, false);
        break;
    case 1:
        roll_back(sim);
        break;
    case 2:
        reload(sim, good, true);
        break;
    default:
        reload(sim, good, false);
    }
}

/* ---- the day of an officer
 * ------------------------------------------------------------------------ */

static void office(struct sim *sim, void *arg, int64_t number)
{
    struct rng *rng = &sim->people->rng;
    (void)arg;
    if (sim_is_calm(sim))
        return;
    switch (number % 4) {
    case 0:
        change_policy(sim);
        break;
    case 1:
        pause_now(sim);
        break;
    case 2:
        correct(sim, rng_chance(rng, 50) ? ACT_CORRECT : ACT_WITHDRAW);
        break;
    default:
        change_policy(sim);
    }
    sim_plan(sim, rng_between(rng, 3 * HOUR_MS, 30 * HOUR_MS), office, NULL, number + 1);
}

/* ---- enterprises
 * ------------------------------------------------------------------------------------ */

struct answer {
    char letter[40];
    enum receipt_kind kind;
    bool twice;
};

static void received(struct saying *saying)
{
    for (int i = 0; i < saying->count; i++)
        if (saying->facts[i].receipt.kind >= RECEIPT_ACKNOWLEDGED)
            oracle_end_letter(saying->sim, saying->facts[i].subject);
}

static void say_receipt(struct sim *sim, const struct answer *answer)
{
    struct saying *saying = saying_new(sim);
    struct fact *fact = saying_add(saying, FACT_RECEIPT, "receipts");
    fact->id = arena_printf(&saying->arena, "r/%lld", (long long)sim->people->receipts++);
    fact->time = sim->steady;
    fact->subject = arena_strdup(&saying->arena, answer->letter);
    fact->receipt = (struct receipt){.kind = answer->kind, .channel = "page", .by = "厂长"};
    if (answer->kind == RECEIPT_REFUSED)
        fact->receipt.reason = "设备检修，无法停产";
    saying->answered = received;
    saying_offer(saying);
}

static void reply(struct sim *sim, void *arg, int64_t number)
{
    struct answer *answer = arg;
    (void)number;
    say_receipt(sim, answer);
    if (answer->twice) {
        sim_count(sim, FAULT_receipt_twice);
        say_receipt(sim, answer);
    }
    free(answer);
}

static void plan_reply(struct sim *sim, const char *letter, enum receipt_kind kind, int64_t in_ms)
{
    struct answer *answer = xcalloc(1, sizeof *answer);
    snprintf(answer->letter, sizeof answer->letter, "%s", letter);
    answer->kind = kind;
    answer->twice = rng_chance(&sim->people->rng, 8);
    sim_plan(sim, in_ms < 0 ? 0 : in_ms, reply, answer, 0);
}

/* Most answer in time; the deadline is an hour after the letter was made. */
static void plan_answer(struct sim *sim, const struct parcel *parcel)
{
    struct rng *rng = &sim->people->rng;
    int64_t mind = rng_below(rng, 100), left = parcel->made + CITY_ACKNOWLEDGE_MS - sim->wall;
    enum receipt_kind kind = mind < 8 ? RECEIPT_REFUSED : RECEIPT_ACKNOWLEDGED;
    sim_count(sim, kind == RECEIPT_REFUSED ? FAULT_receipt_refused : FAULT_receipt_in_time);
    if (mind >= 92) {
        sim_count(sim, FAULT_receipt_never);
        return;
    }
    if (mind >= 80) {
        sim_count(sim, FAULT_receipt_at_deadline);
        plan_reply(sim, parcel->id, kind, left + rng_between(rng, 0, 3) * 30 * MINUTE_MS);
    } else if (mind >= 65) {
        sim_count(sim, FAULT_receipt_late);
        plan_reply(sim, parcel->id, kind, rng_between(rng, HOUR_MS, 6 * HOUR_MS));
    } else {
        plan_reply(sim, parcel->id, kind, rng_between(rng, SECOND_MS, 55 * MINUTE_MS));
    }
    if (kind == RECEIPT_ACKNOWLEDGED && rng_chance(rng, 30)) {
        sim_count(sim, FAULT_receipt_done);
        plan_reply(sim, parcel->id, RECEIPT_DONE, rng_between(rng, HOUR_MS, 9 * HOUR_MS));
    }
}

/* A reminder is answered, if at all, by its own id. */
void people_receive(struct sim *sim, const struct parcel *parcel)
{
    struct people *people = sim->people;
    if (str_equal(parcel->kind, "order")) {
        plan_answer(sim, parcel);
        if (rng_chance(&people->rng, 5))
            snprintf(people->letter, sizeof people->letter, "%s", parcel->id);
    } else if (str_equal(parcel->kind, "reminder") && rng_chance(&people->rng, 50)) {
        plan_reply(sim, parcel->id, RECEIPT_ACKNOWLEDGED,
                   rng_between(&people->rng, SECOND_MS, 40 * MINUTE_MS));
    }
}

/* ---- beginning and end
 * --------------------------------------------------------------------------------- */

void people_new(struct sim *sim)
{
    sim->people = xcalloc(1, sizeof *sim->people);
    sim->people->rng = rng_stream(sim->seed, 13);
}

void people_begin(struct sim *sim)
{
    sim_plan(sim, 20 * HOUR_MS, office, NULL, rng_below(&sim->people->rng, 4));
}

void people_free(struct sim *sim)
{
    free(sim->people);
}
