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
    json_decref(list);
    free(hash);
}

static void add_order(void *arg, const struct order *order)
{
    struct buf *buf = arg;
    buf_printf(buf, "%zu %d %d %s %s\n", strlen(order->id), order->recipient, (int)order->change,
               order->measures, strstr(order->text, "停止作业") ? "text" : "-");
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
