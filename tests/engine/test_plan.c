/* Plans: one order per recipient, only for those for whom something changes, with everything in it.
 */
#include "base/buf.h"
#include "base/err.h"
#include "engine/notice.h"
#include "plan_town.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct town town;

static void open_town(void)
{
    town_open(&town, true);
}

static void close_town(void)
{
    town_close(&town);
}

TestSuite(plan, .init = open_town, .fini = close_town);

static void go(int level)
{
    struct plan plan = town_level(&town, level);

    town_apply(&town, &plan, level, town.ozone_on);
}

static void expect_order(const struct plan *plan, const char *recipient, enum order_change change,
                         const char *measures)
{
    const struct order *order = town_order(&town, plan, recipient);

    cr_assert_not_null(order, "no order to %s", recipient);
    cr_assert_eq(order->change, change);
    cr_assert_str_eq(order->measures, measures);
}

Test(plan, issue_orders_what_the_list_says_at_that_level)
{
    struct plan plan = town_level(&town, TOWN_YELLOW);

    expect_order(&plan, "f1", ORDER_NEW,
                 "[{\"do\":\"stop\",\"lines\":[\"L2\"],\"text\":\"2#中频炉停止生产\"}]");
    expect_order(&plan, "h1", ORDER_NEW,
                 "[{\"do\":\"limit\",\"lines\":[\"L1\"],\"percent\":5,\"basis\":\"按核定最大负荷\","
                 "\"text\":\"1#锅炉限产5%（按核定最大负荷）\"}]");
    expect_order(&plan, "q1", ORDER_NEW, "[{\"do\":\"no_restart\",\"text\":\"不得复产\"}]");
    expect_order(&plan, "s1", ORDER_NEW,
                 "[{\"do\":\"stop_earthwork\",\"text\":\"停止土石方作业\"}]");
    cr_assert_null(town_order(&town, &plan, "a1"), "grade A reduces by itself");
    cr_assert_null(town_order(&town, &plan, "p1"), "nothing at yellow");
    cr_assert_null(town_order(&town, &plan, "s2"), "livelihood works go on");
    cr_assert_eq(plan.count, 4);
    cr_assert_eq(plan.bound, 4);
    plan_release(&plan);
}

Test(plan, lines_of_one_measure_stand_together_and_the_safety_minimum_stays)
{
    struct plan plan = town_level(&town, TOWN_ORANGE);

    expect_order(&plan, "f1", ORDER_NEW,
                 "[{\"do\":\"stop\",\"lines\":[\"L1\"],\"percent\":80,\"safe\":\"保温不低于20%\","
                 "\"text\":\"1#中频炉停止生产，但须保留安全生产最低负荷（保温不低于20%）\"},"
                 "{\"do\":\"stop\",\"lines\":[\"L2\"],\"text\":\"2#中频炉停止生产\"},"
                 "{\"do\":\"ban_trucks\",\"stage\":4,\"text\":\"停用国四及以下货车\"}]");
    plan_release(&plan);
}

Test(plan, the_text_has_basis_time_measures_proof_and_the_law_of_the_day)
{
    struct plan plan = town_level(&town, TOWN_ORANGE);
    const struct order *order = town_order(&town, &plan, "f1");
    char *expected = NULL;

    cr_assert_geq(
        asprintf(&expected,
                 "示例铸造有限公司：\n"
                 "依据示例预案，自2015年11月7日0时起启动重污染天气橙色预警，实施Ⅱ级应急响应。\n"
                 "1. 1#中频炉停止生产，但须保留安全生产最低负荷（保温不低于20%%）；\n"
                 "2. 2#中频炉停止生产；\n"
                 "3. 停用国四及以下货车。\n"
                 "用电监控；门禁记录。\n"
                 "旧法\n%s",
                 order->id),
        0);
    cr_assert_str_eq(order->text, expected);
    free(expected);
    plan_release(&plan);
    cr_assert_eq(instant_parse("2026-12-01T16:00", town.bundle->policy.zone, &town.at), 0);
    plan = town_level(&town, TOWN_ORANGE);
    cr_assert_not_null(strstr(town_order(&town, &plan, "f1")->text, "新法"));
    plan_release(&plan);
}

Test(plan, what_has_begun_takes_effect_when_it_is_decided)
{
    town.begin = town.at - 10 * HOUR_MS;
    struct plan plan = town_level(&town, TOWN_YELLOW);

    cr_assert_not_null(strstr(town_order(&town, &plan, "f1")->text, "自2015年11月6日16时起"));
    plan_release(&plan);
}

Test(plan, a_drill_says_so_first)
{
    struct plan_context context = {.rule = town.warning,
                                   .subject = "210100",
                                   .kind = "issue",
                                   .level = TOWN_RED,
                                   .from_level = -1,
                                   .begin = town.begin,
                                   .at = town.at,
                                   .drill = true};
    struct demand demand = {town.warning, TOWN_RED, NULL, town.begin, INSTANT_NONE};
    const char *failure;
    struct plan plan;

    cr_assert_eq(plan_build(&plan, town.program, &context, &demand, 1, town.holdings, &failure), 0);
    for (size_t i = 0; i < plan.count; i++)
        cr_assert_eq(strncmp(plan.orders[i].text, "【演练】", strlen("【演练】")), 0);
    cr_assert_eq(strncmp(plan.notice, "【演练】", strlen("【演练】")), 0);
    plan_release(&plan);
}

Test(plan, told_twice_is_told_once)
{
    go(TOWN_ORANGE);
    struct plan plan = town_level(&town, TOWN_ORANGE);

    cr_assert_eq(plan.count, 0);
    cr_assert_eq(plan.untouched, plan.bound);
    plan_release(&plan);
}

Test(plan, a_raise_tells_only_whom_it_concerns_and_what_changes)
{
    go(TOWN_YELLOW);
    struct plan plan = town_level(&town, TOWN_ORANGE);

    cr_assert_null(town_order(&town, &plan, "s1"), "earthwork stands still already");
    cr_assert_null(town_order(&town, &plan, "q1"));
    cr_assert_str_eq(
        town_order(&town, &plan, "f1")->text,
        "示例铸造有限公司：\n"
        "自2015年11月7日0时起将重污染天气黄色预警升级为重污染天气橙色预警，实施Ⅱ级应急响应。\n"
        "新增：\n"
        "1. 1#中频炉停止生产，但须保留安全生产最低负荷（保温不低于20%）；\n"
        "2. 停用国四及以下货车。\n"
        "全部：\n"
        "1. 1#中频炉停止生产，但须保留安全生产最低负荷（保温不低于20%）；\n"
        "2. 2#中频炉停止生产；\n"
        "3. 停用国四及以下货车。");
    cr_assert_not_null(strstr(town_order(&town, &plan, "h1")->text,
                              "加严：\n1. 1#锅炉限产10%（按核定最大负荷）。"));
    plan_release(&plan);
}

Test(plan, lowering_says_what_is_dropped_and_what_is_loosened)
{
    go(TOWN_RED);
    struct plan plan = town_level(&town, TOWN_YELLOW);
    const char *text = town_order(&town, &plan, "f1")->text;

    cr_assert_not_null(strstr(text, "将重污染天气红色预警降级为重污染天气黄色预警"));
    cr_assert_not_null(
        strstr(text, "解除：\n1. 1#中频炉停止生产，但须保留安全生产最低负荷（保温不低于20%）；\n2. "
                     "停用国五及以下货车。\n全部："));
    cr_assert_not_null(strstr(town_order(&town, &plan, "h1")->text,
                              "放宽：\n1. 1#锅炉限产5%（按核定最大负荷）。"));
    expect_order(&plan, "p1", ORDER_RELEASED, "[]");
    plan_release(&plan);
}

Test(plan, a_lift_releases_everyone_and_leaves_nothing_held)
{
    go(TOWN_RED);
    struct plan plan = town_level(&town, -1);
    static const struct holding nothing;

    cr_assert_eq(plan.bound, 0);
    cr_assert_str_eq(town_order(&town, &plan, "f1")->text,
                     "示例铸造有限公司：\n自2015年11月6日16时起解除重污染天气红色预警，终止Ⅰ级应急"
                     "响应，措施解除。");
    town_apply(&town, &plan, -1, false);
    for (size_t i = 0; i < town.bundle->policy.registry.count; i++)
        cr_assert_eq(memcmp(town.holdings[i].hash, nothing.hash, sizeof(nothing.hash)), 0);
}

Test(plan, a_start_that_moves_is_told_again_while_it_is_still_to_come)
{
    go(TOWN_ORANGE);
    town.begin += 24 * HOUR_MS;
    struct plan plan = town_level(&town, TOWN_ORANGE);

    cr_assert_eq(plan.count, plan.bound);
    cr_assert_not_null(strstr(town_order(&town, &plan, "f1")->text,
                              "措施内容不变，生效时间调整，以下列措施为准。"));
    cr_assert_not_null(strstr(town_order(&town, &plan, "f1")->text,
                              "自2015年11月8日0时起调整重污染天气橙色预警的生效时间"));
    town_apply(&town, &plan, TOWN_ORANGE, false);
    town.at = town.begin + HOUR_MS;
    town.begin -= 48 * HOUR_MS;
    plan = town_level(&town, TOWN_ORANGE);
    cr_assert_eq(plan.count, 0, "under way: an earlier begin concerns nobody");
    plan_release(&plan);
}

Test(plan, a_rota_binds_its_selection_in_its_hours)
{
    struct plan plan = town_ozone(&town, true);

    cr_assert_eq(plan.count, 1, "grade A is excepted");
    expect_order(&plan, "p1", ORDER_NEW,
                 "[{\"do\":\"stop_vocs\",\"lines\":[\"L1\"],\"hours\":\"09:00 .. 18:00\","
                 "\"text\":\"9时至18时，1#机组涉VOCs工序停止生产\"}]");
    cr_assert_eq(plan.shares[E_VOCS].cut, 90000, "9 of 24 hours of 0.24 t/d");
    cr_assert_not_null(strstr(town_order(&town, &plan, "p1")->text, "实施臭氧季错峰"));
    plan_release(&plan);
}

Test(plan, the_strictest_of_warning_and_rota_binds)
{
    town.begin = town.at;
    struct plan plan = town_ozone(&town, true);

    town_apply(&town, &plan, -1, true);
    plan = town_level(&town, TOWN_RED);
    expect_order(&plan, "p1", ORDER_CHANGED,
                 "[{\"do\":\"stop\",\"lines\":[\"L1\"],\"text\":\"1#机组停止生产\"}]");
    cr_assert_not_null(strstr(town_order(&town, &plan, "p1")->text, "加严：\n1. 1#机组停止生产。"));
    town_apply(&town, &plan, TOWN_RED, true);
    plan = town_ozone(&town, false);
    cr_assert_eq(plan.count, 0, "the warning's stop goes on");
    plan_release(&plan);
}

Test(plan, a_warning_that_is_only_announced_does_not_stop_a_line_today)
{
    go(TOWN_RED);
    struct plan plan = town_ozone(&town, true);

    expect_order(&plan, "p1", ORDER_CHANGED,
                 "[{\"do\":\"stop_vocs\",\"lines\":[\"L1\"],\"hours\":\"09:00 .. "
                 "18:00\",\"until\":\"2015-11-07T00:00:00+08:00\","
                 "\"text\":\"9时至18时，1#机组涉VOCs工序停止生产（至2015年11月7日0时为止）\"},"
                 "{\"do\":\"stop\",\"lines\":[\"L1\"],\"from\":\"2015-11-07T00:00:00+08:00\","
                 "\"text\":\"自2015年11月7日0时起，1#机组停止生产\"}]");
    town_apply(&town, &plan, TOWN_RED, true);
    plan = town_ozone(&town, false);
    expect_order(&plan, "p1", ORDER_CHANGED,
                 "[{\"do\":\"stop\",\"lines\":[\"L1\"],\"from\":\"2015-11-07T00:00:00+08:00\","
                 "\"text\":\"自2015年11月7日0时起，1#机组停止生产\"}]");
    plan_release(&plan);
    town.at = town.begin;
    plan = town_ozone(&town, false);
    cr_assert_eq(plan.count, 0, "time passed as was told");
    plan_release(&plan);
}

Test(plan, shares_are_those_of_the_list_and_count_a_rota_once)
{
    struct share shares[EMISSIONS];
    struct plan plan = town_level(&town, TOWN_ORANGE);

    plan_shares(&town.bundle->policy, TOWN_ORANGE, shares);
    for (int e = 0; e < EMISSIONS; e++) {
        cr_assert_eq(plan.shares[e].cut, shares[e].cut);
        cr_assert_eq(plan.shares[e].total, shares[e].total);
        cr_assert_eq(plan.shares[e].required_percent, 20);
    }
    cr_assert_eq(shares[E_PM].cut, 150000 + 60000 * 80 / 100 + 60000);
    cr_assert_eq(shares[E_PM].total, 500000);
    plan_release(&plan);
    plan = town_level(&town, TOWN_YELLOW);
    cr_assert_eq(plan.shares[E_PM].cut, 60000 + 150000,
                 "the rota's cut is what the site's list declares");
    plan_release(&plan);
}

Test(plan, the_public_notice_names_level_recipients_and_shares)
{
    struct plan plan = town_level(&town, TOWN_ORANGE);

    cr_assert_str_eq(plan.notice, "重污染天气橙色预警\n橙色健康提示\n4家\n"
                                  "二氧化硫30.0%、氮氧化物9.5%、颗粒物51.6%、挥发性有机物9.0%");
    plan_release(&plan);
}

Test(plan, identities_and_hash_follow_from_what_is_decided)
{
    struct plan a = town_level(&town, TOWN_ORANGE), b = town_level(&town, TOWN_ORANGE), c, d;

    cr_assert_str_eq(a.hash, b.hash);
    cr_assert_str_eq(a.orders[0].id, b.orders[0].id);
    cr_assert_str_neq(a.orders[0].id, a.orders[1].id);
    cr_assert_eq(strlen(a.orders[0].id), 32);
    town.begin += HOUR_MS;
    c = town_level(&town, TOWN_ORANGE);
    cr_assert_str_neq(a.hash, c.hash);
    cr_assert_str_eq(a.orders[0].id, c.orders[0].id, "the identity does not depend on the text");
    town.revision++;
    d = town_level(&town, TOWN_ORANGE);
    cr_assert_str_neq(a.orders[0].id, d.orders[0].id);
    plan_release(&a), plan_release(&b), plan_release(&c), plan_release(&d);
}

/* ---- whatever the way, the holdings are those of the state
 * ---------------------------------------- */

enum { SEED = 210100, WALK = 600 };

static void expect_fresh(int step)
{
    struct town fresh;
    struct plan plan;

    town_open(&fresh, true);
    fresh.at = town.at;
    plan = town_level(&fresh, town.level);
    town_apply(&fresh, &plan, town.level, false);
    plan = town_ozone(&fresh, town.ozone_on);
    town_apply(&fresh, &plan, town.level, town.ozone_on);
    for (size_t i = 0; i < town.bundle->policy.registry.count; i++)
        cr_assert_eq(
            memcmp(town.holdings[i].hash, fresh.holdings[i].hash, sizeof(fresh.holdings[i].hash)),
            0, "seed %d step %d recipient %zu", SEED, step, i);
    town_close(&fresh);
}

Test(plan, holdings_after_any_walk_are_those_of_a_fresh_start, .timeout = 60)
{
    uint64_t state = SEED;

    for (int step = 0; step < WALK; step++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned choice = (unsigned)(state >> 33);
        struct plan plan;

        if (choice % 4 == 0) {
            bool on = !town.ozone_on;
            plan = town_ozone(&town, on);
            town_apply(&town, &plan, town.level, on);
        } else {
            int level = (int)(choice / 4 % 4) - 1;
            plan = town_level(&town, level);
            town_apply(&town, &plan, level, town.ozone_on);
        }
        if (step % 20 == 0)
            expect_fresh(step);
    }
}

Test(plan_plain, a_bundle_without_notices_gets_plain_words)
{
    struct town plain;

    town_open(&plain, false);
    struct plan plan = town_level(&plain, TOWN_YELLOW);

    cr_assert_null(plan.notice);
    cr_assert_str_eq(town_order(&plain, &plan, "f1")->text,
                     "示例铸造有限公司：\n"
                     "示例市重污染天气应急指挥部决定自2015年11月7日0时起启动重污染天气黄色预警，实"
                     "施Ⅲ级应急响应。请执行以下措施：\n"
                     "1. 2#中频炉停止生产。\n"
                     "依据：《示例预案》（示例〔2024〕1号）。核查方式：用电监控。\n"
                     "示例市重污染天气应急指挥部\n"
                     "2015年11月6日16时");
    plan_release(&plan);
    town_close(&plain);
}

Test(plan, a_share_is_never_rounded_up)
{
    struct share almost = {.cut = 1999999, .total = 10000000, .required_percent = 20};
    struct share just = {.cut = 2000000, .total = 10000000, .required_percent = 20};
    struct buf buf = {0};
    share_print(&buf, &almost);
    cr_expect_str_eq(buf_str(&buf), "19.9");
    cr_expect_not(share_reached(&almost));
    cr_expect(share_reached(&just));
    buf_release(&buf);
}
