/* What people are shown of a proposal, and what they are told before an act is journaled. */
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char RULE[] =
    "return warning \"heavy-pollution\" { title = \"重污染天气预警\", basis = doc \"plan\",\n"
    "  area = \"210100\",\n"
    "  levels = { { \"red\", approve = \"two\",\n"
    "               issue_when = { forecast = \"aqi_day\", above = 300 } } },\n"
    "  lift_when = { forecast = \"aqi_day\", at_most = 150, lasting = \"24h\" } }\n";
static const char REGISTRY[] =
    "- id: s-1\n  kind: site\n  name: 示例一号工地\n  district: \"210106\"\n  type: building\n"
    "  measures: {yellow: [], orange: [], red: [{do: stop, cut: {pm: 0.5}}]}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n"
    "- id: s-2\n  kind: site\n  name: 示例二号工地\n  district: \"210106\"\n  type: building\n"
    "  measures: {yellow: [], orange: [], red: [{do: stop, cut: {pm: 0.5}}]}\n"
    "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n";
static const struct rig rig = {.rule = RULE,
                               .registry = REGISTRY,
                               .policy = "author: 丙\n",
                               .measures =
                                   "measures:\n  stop: {kind: stop, text: 停止作业, proof: 检查}\n",
                               .inventory = "day:\n  industry: {so2: 1, nox: 1, pm: 5, vocs: 1}\n"
                                            "  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                                            "  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
                                            "  other: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"};

static struct bundle *bundle;
static struct program *program;
static struct engine *engine;
static const instant_ms START = 1446364800000; /* 2015-11-01T16:00+08:00 */

static void step(const struct fact *fact)
{
    struct step told;
    cr_assert_eq(engine_step(engine, fact, &told), 0);
}

/* Red is proposed. */
static void open(void)
{
    static const micro values[] = {320 * (micro)MICRO, 320 * (micro)MICRO};
    static const unsigned primary[] = {1u << PM25, 1u << PM25};
    struct findings findings = {0};
    struct engine_options options = {.approvals = APPROVALS_BY_FACT, .strict = true};
    bundle = rig_bundle(&rig);
    cr_assert_geq(program_new(&program, bundle, &findings), 0);
    findings_release(&findings);
    engine_new(&engine, program, &options);
    struct fact fact = {.kind = FACT_FORECAST,
                        .time = START,
                        .arrival = START,
                        .source = "t",
                        .id = "f",
                        .subject = "210100"};
    fact.forecast = (struct forecast){.series = "aqi_day",
                                      .issued = START,
                                      .start = START - 16 * (span_ms)HOUR_MS,
                                      .step = DAY_MS,
                                      .count = 2,
                                      .low = values,
                                      .high = values,
                                      .primary = primary};
    step(&fact);
}

static void shut(void)
{
    engine_free(engine);
    program_free(program);
    bundle_free(bundle);
}

static json_t *proposals(void)
{
    struct buf buf = {0};
    struct findings findings = {0};
    engine_proposals(engine, &buf);
    json_t *list = json_read(buf_str(&buf), buf.size, "proposals", 1, &findings);
    cr_assert(json_is_array(list), "%s", buf_str(&buf));
    buf_release(&buf);
    findings_release(&findings);
    return list;
}

static char *hash_of_proposal(void)
{
    json_t *list = proposals();
    char *hash = xstrdup(json_string_value(json_object_get(json_array_get(list, 0), "hash")));
    json_decref(list);
    return hash;
}

static struct fact decision(enum decision_act act, const char *by, const char *plan)
{
    struct fact fact = {.kind = FACT_DECISION,
                        .time = START + HOUR_MS,
                        .arrival = START + HOUR_MS,
                        .source = "t",
                        .id = by,
                        .subject = "210100"};
    fact.decision = (struct decision_fact){.act = act, .by = by, .note = "会商一致", .plan = plan};
    return fact;
}

static void told(const struct fact *fact, const char *english, const char *chinese)
{
    struct buf why = {0};
    struct buf before = {0}, after = {0};
    engine_save(engine, &before);
    lang_set(LANG_EN);
    cr_expect_eq(engine_act_check(engine, fact, &why), ERR_INVALID);
    cr_expect_str_eq(buf_str(&why), english);
    buf_clear(&why);
    lang_set(LANG_ZH);
    cr_expect_eq(engine_act_check(engine, fact, &why), ERR_INVALID);
    cr_expect_str_eq(buf_str(&why), chinese);
    engine_save(engine, &after);
    cr_expect(before.size == after.size && memcmp(before.data, after.data, before.size) == 0,
              "asking changes nothing");
    buf_release(&why);
    buf_release(&before);
    buf_release(&after);
}

static void accepted(const struct fact *fact)
{
    struct buf why = {0};
    cr_expect_eq(engine_act_check(engine, fact, &why), 0, "%s", buf_str(&why));
    buf_release(&why);
}

static void add_order(void *arg, const struct order *order)
{
    struct buf *buf = arg;
    buf_printf(buf, "%zu %d %d %s %s\n", strlen(order->id), order->recipient, (int)order->change,
               order->measures, strstr(order->text, "停止作业") ? "text" : "-");
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

Test(proposals, show_everything_that_a_signer_must_see, .init = open, .fini = shut)
{
    json_t *list = proposals();
    cr_assert_eq(json_array_size(list), 1);
    const json_t *one = json_array_get(list, 0);
    cr_expect_eq(strlen(text_of(one, "hash")), 64);
    cr_expect_str_eq(text_of(one, "rule"), "heavy-pollution");
    cr_expect_str_eq(text_of(one, "subject"), "210100");
    cr_expect_str_eq(text_of(one, "episode"), "heavy-pollution/210100/2015-11-01T16:00");
    cr_expect_str_eq(text_of(one, "level"), "red");
    cr_expect(json_is_null(json_object_get(one, "from")));
    cr_expect_str_eq(text_of(one, "kind"), "issue");
    cr_expect_str_eq(text_of(one, "made"), "2015-11-01T16:00:00+08:00");
    cr_expect_str_eq(text_of(one, "state"), "pending");
    cr_expect_str_eq(text_of(one, "approve"), "two");
    cr_expect(json_is_false(json_object_get(one, "oversize")));
    const json_t *counts = json_object_get(one, "counts");
    cr_expect_eq(json_integer_value(json_object_get(counts, "orders")), 2);
    cr_expect_eq(json_integer_value(json_object_get(counts, "bound")), 2);
    cr_expect_eq(json_integer_value(json_object_get(counts, "untouched")), 0);
    const json_t *pm = json_object_get(json_object_get(one, "shares"), "pm");
    cr_expect_eq(json_integer_value(json_object_get(pm, "cut")), 1);
    cr_expect_eq(json_integer_value(json_object_get(pm, "total")), 8);
    cr_expect_eq(json_array_size(json_object_get(one, "because")), 1);
    json_decref(list);
}

Test(proposals, say_who_has_signed_and_who_holds, .init = open, .fini = shut)
{
    char *hash = hash_of_proposal();
    struct fact first = decision(ACT_APPROVE, "甲", hash);
    step(&first);
    json_t *list = proposals();
    cr_expect_str_eq(text_of(json_array_get(list, 0), "state"), "first_signed");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "by"), "甲");
    json_decref(list);
    struct fact held = decision(ACT_HOLD, "乙", NULL);
    held.decision.until = START + 4 * (span_ms)HOUR_MS;
    step(&held);
    list = proposals();
    cr_expect_str_eq(text_of(json_array_get(list, 0), "state"), "held");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "by"), "乙");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "until"), "2015-11-01T20:00:00+08:00");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "held_by"), "乙");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "signed_by"), "甲", "a hold hides nobody");
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(list, 0), "missing")), 1);
    json_decref(list);
    free(hash);
}

/* A signature under a plan outlives a hold: one more is enough, during it and after. */
Test(proposals, a_signature_given_before_a_hold_counts_after_it, .init = open, .fini = shut)
{
    char *hash = hash_of_proposal();
    struct fact first = decision(ACT_APPROVE, "甲", hash), held = decision(ACT_HOLD, "乙", hash),
                second = decision(ACT_APPROVE, "乙", hash);
    held.decision.until = START + 2 * (span_ms)HOUR_MS;
    step(&first);
    step(&held);
    told(&first, "two different persons must approve", "须由两名不同人员批准");
    struct fact tick = {
        .kind = FACT_TICK, .time = held.decision.until, .arrival = held.decision.until};
    step(&tick);
    json_t *list = proposals();
    cr_expect_str_eq(text_of(json_array_get(list, 0), "state"), "first_signed");
    cr_expect_str_eq(text_of(json_array_get(list, 0), "signed_by"), "甲");
    json_decref(list);
    second.arrival = second.time = tick.time + 1;
    step(&second);
    list = proposals();
    cr_expect_eq(json_array_size(list), 0, "released");
    json_decref(list);
    free(hash);
}

/* ---- by hand ---- */

/* Red by hand takes two.  The rule's own proposal waits beside it. */
static struct fact by_hand(const char *by)
{
    struct fact fact = decision(ACT_OVERRIDE, by, NULL);
    fact.decision.level = "red";
    return fact;
}

static char *hash_by_hand(void)
{
    json_t *list = proposals();
    const json_t *one = json_array_get(list, 1);
    cr_assert_eq(json_array_size(list), 2);
    cr_expect(json_is_false(json_object_get(json_array_get(list, 0), "by_hand")));
    cr_expect(json_is_true(json_object_get(one, "by_hand")));
    char *hash = xstrdup(text_of(one, "hash"));
    json_decref(list);
    return hash;
}

Test(proposals, an_act_by_hand_waits_among_them_with_its_first_signature, .init = open,
     .fini = shut)
{
    struct fact first = by_hand("甲");
    step(&first);
    char *hash = hash_by_hand();
    json_t *list = proposals();
    const json_t *one = json_array_get(list, 1);
    cr_expect_eq(strlen(hash), 64);
    cr_expect_str_eq(text_of(one, "level"), "red");
    cr_expect_str_eq(text_of(one, "kind"), "issue");
    cr_expect_str_eq(text_of(one, "state"), "first_signed");
    cr_expect_str_eq(text_of(one, "signed_by"), "甲");
    cr_expect_str_eq(text_of(one, "approve"), "two");
    cr_expect_eq(json_integer_value(json_object_get(one, "missing")), 1);
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(one, "counts"), "orders")), 2);
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(one, "because"), 0)),
                     "by 甲: 会商一致");
    json_decref(list);
    free(hash);
}

/* Seen, signed by hash, sent: equal bytes; and neither its author nor the bundle's completes it. */
Test(proposals, another_completes_an_act_by_hand_by_its_hash, .init = open, .fini = shut)
{
    struct buf shown = {0}, sent = {0};
    struct fact first = by_hand("甲");
    step(&first);
    char *hash = hash_by_hand();
    struct fact second = decision(ACT_APPROVE, "乙", hash),
                same = decision(ACT_APPROVE, "甲", hash),
                author = decision(ACT_APPROVE, "丙", hash);
    cr_assert_eq(engine_proposal_orders(engine, hash, add_order, &shown), 0);
    told(&same, "two different persons must approve", "须由两名不同人员批准");
    told(&author, "the bundle's author may not approve", "政策包的编写人不得批准");
    accepted(&second);
    second.arrival = second.time = START + 2 * (span_ms)HOUR_MS;
    struct step told_now;
    cr_assert_eq(engine_step(engine, &second, &told_now), 0);
    cr_assert_geq(told_now.count, 3);
    cr_expect_eq(told_now.decisions[0].kind, DECISION_ISSUE);
    cr_expect_str_eq(told_now.decisions[0].because[0], "by 甲: 会商一致");
    cr_expect_str_eq(told_now.decisions[0].because[1], "approved by 甲 and 乙");
    cr_expect_str_eq(told_now.decisions[told_now.count - 1].about, hash);
    const struct plan *plan = told_now.decisions[0].plan;
    for (size_t k = 0; k < plan->count; k++)
        add_order(&sent, &plan->orders[k]);
    cr_expect_str_eq(buf_str(&shown), buf_str(&sent));
    json_t *list = proposals();
    cr_expect_eq(json_array_size(list), 0, "the rule's own wish is fulfilled too");
    json_decref(list);
    buf_release(&shown);
    buf_release(&sent);
    free(hash);
}

/* What was released meanwhile makes it another warning: the half of an act is void. */
Test(proposals, an_act_by_hand_ends_with_any_other_transition, .init = open, .fini = shut)
{
    char *own = hash_of_proposal();
    struct fact hand = by_hand("甲"), first = decision(ACT_APPROVE, "甲", own),
                second = decision(ACT_APPROVE, "乙", own);
    step(&hand);
    char *hash = hash_by_hand();
    step(&first);
    step(&second);
    json_t *list = proposals();
    cr_expect_eq(json_array_size(list), 0);
    json_decref(list);
    struct fact late = decision(ACT_APPROVE, "乙", hash);
    struct buf why = {0};
    cr_expect_eq(engine_act_check(engine, &late, &why), ERR_INVALID);
    buf_release(&why);
    free(hash);
    free(own);
}

Test(proposals, an_act_by_hand_is_filed_by_its_hash_alone, .init = open, .fini = shut)
{
    struct fact hand = by_hand("甲");
    step(&hand);
    char *hash = hash_by_hand();
    struct fact file = decision(ACT_FILE, "乙", hash), again = by_hand("乙");
    step(&file);
    json_t *list = proposals();
    cr_expect_eq(json_array_size(list), 1);
    cr_expect(json_is_false(json_object_get(json_array_get(list, 0), "by_hand")));
    json_decref(list);
    step(&again); /* not a second signature: the first one was filed */
    char *anew = hash_by_hand();
    free(anew);
    free(hash);
}

Test(proposals, show_the_orders_they_would_release, .init = open, .fini = shut)
{
    struct buf buf = {0};
    char *hash = hash_of_proposal();
    cr_assert_eq(engine_proposal_orders(engine, hash, add_order, &buf), 0);
    cr_expect_str_eq(buf_str(&buf), "32 0 0 [{\"do\":\"stop\",\"text\":\"停止作业\"}] text\n"
                                    "32 1 0 [{\"do\":\"stop\",\"text\":\"停止作业\"}] text\n");
    cr_expect_eq(engine_proposal_orders(engine, "0123456789abcdef", add_order, &buf),
                 ERR_NOT_FOUND);
    buf_release(&buf);
    free(hash);
}

/* The orders shown are the orders sent. */
Test(proposals, show_what_is_then_released, .init = open, .fini = shut)
{
    struct buf shown = {0}, sent = {0};
    char *hash = hash_of_proposal();
    engine_proposal_orders(engine, hash, add_order, &shown);
    struct fact first = decision(ACT_APPROVE, "甲", hash),
                second = decision(ACT_APPROVE, "乙", hash);
    step(&first);
    struct step told_now;
    cr_assert_eq(engine_step(engine, &second, &told_now), 0);
    for (size_t i = 0; i < told_now.count; i++)
        if (told_now.decisions[i].plan)
            for (size_t k = 0; k < told_now.decisions[i].plan->count; k++)
                add_order(&sent, &told_now.decisions[i].plan->orders[k]);
    cr_expect(sent.size > 0);
    cr_expect_str_eq(buf_str(&shown), buf_str(&sent));
    json_t *list = proposals();
    cr_expect_eq(json_array_size(list), 0);
    json_decref(list);
    buf_release(&shown);
    buf_release(&sent);
    free(hash);
}

Test(proposals, a_refusal_is_known_before_it_is_journaled, .init = open, .fini = shut)
{
    char *hash = hash_of_proposal();
    char *english = xasprintf("the plan that waits is %.12s", hash);
    char *chinese = xasprintf("待批的方案是 %.12s", hash);
    struct fact fact = decision(ACT_APPROVE, "甲", "0123456789abcdef");
    told(&fact, english, chinese);
    fact.subject = fact.decision.plan; /* as typed on a command line */
    told(&fact, english, chinese);
    fact = decision(ACT_APPROVE, "甲", NULL);
    free(english);
    free(chinese);
    english = xasprintf("an approval names the plan: the plan that waits is %.12s", hash);
    chinese = xasprintf("批准须写明方案号，待批的方案是 %.12s", hash);
    told(&fact, english, chinese);
    fact = decision(ACT_APPROVE, "丙", hash);
    told(&fact, "the bundle's author may not approve", "政策包的编写人不得批准");
    fact = decision(ACT_APPROVE, "甲", hash);
    fact.decision.note = NULL;
    told(&fact, "every act says why", "每项操作都须写明理由");
    fact = decision(ACT_LIFT, "甲", NULL);
    told(&fact, "no warning is in force", "当前没有生效的预警");
    fact = decision(ACT_OVERRIDE, "甲", NULL);
    fact.decision.level = "purple";
    told(&fact, "there is no level purple", "没有 purple 级");
    fact = decision(ACT_HOLD, "甲", NULL);
    fact.subject = "999999";
    told(&fact, english + strlen("an approval names the plan: "),
         chinese + strlen("批准须写明方案号，"));
    fact = decision(ACT_PAUSE, "甲", NULL);
    accepted(&fact);
    free(english);
    free(chinese);
    free(hash);
}

Test(proposals, who_comes_second_is_told_who_came_first, .init = open, .fini = shut)
{
    char *hash = hash_of_proposal();
    struct fact first = decision(ACT_APPROVE, "甲", hash),
                second = decision(ACT_APPROVE, "乙", hash);
    accepted(&first);
    step(&first);
    told(&first, "two different persons must approve", "须由两名不同人员批准");
    struct fact padded = decision(ACT_APPROVE, " 甲 ", hash);
    told(&padded, "two different persons must approve", "须由两名不同人员批准");
    accepted(&second);
    step(&second);
    char *english = xasprintf("nothing waits for approval: plan %.12s was released by 甲, 乙 at "
                              "2015-11-01T17:00",
                              hash);
    char *chinese =
        xasprintf("没有待批的方案：方案 %.12s 已由甲、乙于 2015-11-01 17:00 签发", hash);
    struct fact third = decision(ACT_APPROVE, "丁", hash);
    third.subject = hash;
    told(&third, english, chinese);
    free(english);
    free(chinese);
    free(hash);
}

/* ---- states of before ---- */

/* The state as version 2 wrote it, with red signed once by `by`: the hand's whole proposal was a
 * name, a level and a revision then. */
static struct buf older_state(const char *by)
{
    static const char magic[] = "yujing-state";
    struct buf now = {0}, none = {0}, head = {0}, older = {0};
    engine_save(engine, &now);
    buf_text(&head, magic);
    size_t people = head.size + sizeof(uint32_t);
    buf_text(&none, NULL); /* nothing was released, nobody has signed by hand, no plan is usual */
    buf_i64(&none, 0);
    buf_text(&none, "");
    size_t hand = none.size;
    buf_u8(&none, 0);
    buf_u32(&none, 0);
    const char *at = memmem(now.data + people, now.size - people, none.data, none.size);
    cr_assert_not_null(at);
    size_t before = (size_t)(at - now.data) + hand;
    buf_add(&older, head.data, head.size);
    buf_u32(&older, 2);
    buf_add(&older, now.data + people, before - people);
    buf_text(&older, by);
    buf_text(&older, "red");
    buf_u32(&older, 0);
    buf_add(&older, now.data + before + 1, now.size - before - 1);
    buf_release(&now);
    buf_release(&none);
    buf_release(&head);
    return older;
}

/* An upgrade between two signatures loses neither. */
Test(proposals, a_first_signature_of_an_older_state_is_completed_by_the_same_order, .init = open,
     .fini = shut)
{
    struct engine_options options = {.approvals = APPROVALS_BY_FACT, .strict = true};
    struct buf older = older_state("甲");
    char *dropped = NULL;
    engine_free(engine);
    engine_new(&engine, program, &options);
    cr_assert_eq(engine_load(engine, older.data, older.size, &dropped), 0);
    cr_expect_null(dropped);
    free(hash_by_hand()); /* shown, though without a plan */
    struct fact second = by_hand("乙");
    struct step told_now;
    cr_assert_eq(engine_step(engine, &second, &told_now), 0);
    cr_assert_geq(told_now.count, 1);
    cr_expect_eq(told_now.decisions[0].kind, DECISION_ISSUE);
    cr_expect_str_eq(told_now.decisions[0].because[0], "by 甲 and 乙: 会商一致");
    buf_release(&older);
}
