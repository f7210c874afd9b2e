/* Acts of people in a strict engine: what counts, what is refused and with which words, and what an
 * unusually large plan asks. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "model/bundle.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Yellow needs one, red two. */
static const char RULE[] =
    "return warning \"heavy-pollution\" { title = \"重污染天气预警\", basis = doc \"plan\",\n"
    "  area = \"210100\",\n"
    "  levels = { { \"yellow\", approve = \"one\",\n"
    "               issue_when = { forecast = \"aqi_day\", above = 150 } },\n"
    "             { \"red\", approve = \"two\",\n"
    "               issue_when = { forecast = \"aqi_day\", above = 300 } } },\n"
    "  lift_when = { forecast = \"aqi_day\", at_most = 150, lasting = \"24h\" } }\n";
#define YELLOW "@2015-11-01T16:00 forecast aqi_day 2015-11-01 180 180 [pm25]\n"
#define RED "@2015-11-01T16:00 forecast aqi_day 2015-11-01 320 320 [pm25]\n"

static const struct rig strict = {.rule = RULE,
                                  .by_fact = true,
                                  .strict = true,
                                  .words = true,
                                  .policy = "author: 丙\n",
                                  .kinds = "issue raise lower lift alarm act"};

static void expect(const char *facts, const char *expected)
{
    struct rig rig = strict;
    rig_expect(&rig, facts, expected);
    rig.save_at = 1; /* and every act is remembered */
    rig_expect(&rig, facts, expected);
}

/* ---- approving ---- */

Test(act, an_approval_names_the_plan)
{
    struct rig rig = strict;
    rig.words = false;
    rig_expect(&rig, YELLOW "@2015-11-01T16:10 decide approve by 甲\n",
               "11-01T16:10 alarm - -\n11-01T16:10 act - - refused\n");
    rig_expect(&rig, YELLOW "@2015-11-01T16:10 decide approve by 甲 plan 0123456789abcdef\n",
               "11-01T16:10 alarm - -\n11-01T16:10 act - - refused\n");
    rig_expect(&rig, YELLOW "@2015-11-01T16:10 decide approve by 甲 plan pending\n",
               "11-01T16:10 issue - yellow\n11-01T16:10 act yellow yellow approved\n");
}

Test(act, every_act_says_why)
{
    expect(YELLOW "@2015-11-01T16:10 decide approve by 甲 plan pending mute\n"
                  "@2015-11-01T16:20 decide hold by 甲 until 2015-11-01T20:00 mute\n"
                  "@2015-11-01T16:30 decide override by 甲 red mute\n",
           "11-01T16:10 alarm - -\n"
           "  approval refused: every act says why\n"
           "11-01T16:10 act - - refused\n"
           "  act approve by 甲\n"
           "  every act says why\n"
           "11-01T16:20 alarm - -\n"
           "  approval refused: every act says why\n"
           "11-01T16:20 act - - refused\n"
           "  act hold by 甲\n"
           "  every act says why\n"
           "11-01T16:30 alarm - -\n"
           "  approval refused: every act says why\n"
           "11-01T16:30 act - - refused\n"
           "  act override by 甲\n"
           "  every act says why\n");
}

Test(act, red_takes_two_and_who_comes_third_is_told)
{
    expect(RED "@2015-11-01T16:10 decide approve by 甲 plan pending\n"
               "@2015-11-01T16:11 decide approve by 甲 plan pending\n"
               "@2015-11-01T16:12 decide approve by 乙 plan pending\n"
               "@2015-11-01T16:12 decide approve by 丁 plan pending\n",
           "11-01T16:10 act - - first_signed\n"
           "  act approve by 甲: 说明\n"
           "11-01T16:11 alarm - -\n"
           "  approval refused: two different persons must approve\n"
           "11-01T16:11 act - - refused\n"
           "  act approve by 甲: 说明\n"
           "  two different persons must approve\n"
           "11-01T16:12 issue - red\n"
           "  aqi_day > 300 for 48h from 2015-11-01\n"
           "  approved by 甲 and 乙\n"
           "11-01T16:12 act red red approved\n"
           "  act approve by 乙: 说明\n"
           "11-01T16:12 alarm red red\n"
           "  approval refused: nothing waits for approval: plan a63cb92b987f was released by 甲, "
           "乙 at 2015-11-01T16:12\n"
           "11-01T16:12 act red red refused\n"
           "  act approve by 丁: 说明\n"
           "  nothing waits for approval: plan a63cb92b987f was released by 甲, 乙 at "
           "2015-11-01T16:12\n");
}

Test(act, held_and_filed_leave_a_line)
{
    expect(YELLOW "@2015-11-01T16:10 decide hold by 甲 until 2015-11-01T20:00\n"
                  "@2015-11-01T16:20 decide file by 乙\n"
                  "@2015-11-01T16:30 decide file by 乙\n",
           "11-01T16:10 act - - held\n"
           "  act hold by 甲: 说明\n"
           "  held until 2015-11-01T20:00\n"
           "11-01T16:20 act - - filed\n"
           "  act file by 乙: 说明\n"
           "11-01T16:30 alarm - -\n"
           "  approval refused: nothing waits for approval\n"
           "11-01T16:30 act - - refused\n"
           "  act file by 乙: 说明\n"
           "  nothing waits for approval\n");
}

/* ---- by hand ---- */

Test(act, a_hand_needs_the_signatures_that_a_plan_needs)
{
    struct rig rig = strict;
    rig.words = false;
    const char *facts = "@2015-11-01T08:00 tick\n"
                        "@2015-11-01T10:00 decide override by 甲 red\n"
                        "@2015-11-01T10:01 decide override by 甲 red\n"
                        "@2015-11-01T10:02 decide override by 乙 red\n"
                        "@2015-11-01T11:00 decide lift by 甲\n"
                        "@2015-11-01T11:01 decide override by 乙 yellow\n"
                        "@2015-11-01T11:02 decide lift by 乙\n"
                        "@2015-11-01T11:03 decide lift by 甲\n"
                        "@2015-11-01T11:04 decide lift by 甲\n";
    const char *expected = "11-01T10:00 act - - first_signed\n"
                           "11-01T10:01 alarm - -\n"
                           "11-01T10:01 act - - refused\n"
                           "11-01T10:02 issue - red\n"
                           "11-01T10:02 act red red overridden\n"
                           "11-01T11:00 act red red first_signed\n"
                           "11-01T11:01 act red red first_signed\n" /* another act: begun anew */
                           "11-01T11:02 act red red first_signed\n"
                           "11-01T11:03 lift red -\n"
                           "11-01T11:03 act - - lifted\n"
                           "11-01T11:04 alarm - -\n"
                           "11-01T11:04 act - - refused\n";
    rig_expect(&rig, facts, expected);
    rig.save_at = 1;
    rig_expect(&rig, facts, expected);
}

Test(act, one_person_orders_by_hand_what_one_may_approve)
{
    struct rig rig = strict;
    rig.words = false;
    rig_expect(&rig, "@2015-11-01T10:00 decide override by 甲 yellow\n",
               "11-01T10:00 issue - yellow\n11-01T10:00 act yellow yellow overridden\n");
}

Test(act, the_author_does_not_decide_under_his_own_bundle)
{
    struct rig rig = strict;
    rig.words = false;
    rig_expect(&rig,
               YELLOW "@2015-11-01T16:10 decide approve by 丙 plan pending\n"
                      "@2015-11-01T16:11 decide break_glass by 丙 plan pending\n"
                      "@2015-11-01T16:12 decide override by 丙 yellow\n",
               "11-01T16:10 alarm - -\n11-01T16:10 act - - refused\n"
               "11-01T16:11 alarm - -\n11-01T16:11 act - - refused\n"
               "11-01T16:12 alarm - -\n11-01T16:12 act - - refused\n");
}

/* ---- breaking the glass ---- */

Test(act, breaking_the_glass_is_done_by_one_and_heard_by_all)
{
    expect(RED "@2015-11-01T16:10 decide break_glass by 甲 plan pending mute\n"
               "@2015-11-01T16:11 decide break_glass by 甲\n"
               "@2015-11-01T16:12 decide break_glass by 甲 plan pending\n",
           "11-01T16:10 alarm - -\n"
           "  approval refused: who breaks the glass says why\n"
           "11-01T16:10 act - - refused\n"
           "  act break_glass by 甲\n"
           "  who breaks the glass says why\n"
           "11-01T16:11 alarm - -\n"
           "  approval refused: who breaks the glass names a plan or a level\n"
           "11-01T16:11 act - - refused\n"
           "  act break_glass by 甲: 说明\n"
           "  who breaks the glass names a plan or a level\n"
           "11-01T16:12 issue - red\n"
           "  aqi_day > 300 for 48h from 2015-11-01\n"
           "  approved by 甲 alone, by break-glass\n"
           "11-01T16:12 alarm red red\n"
           "  break-glass: 甲 alone: 说明\n"
           "11-01T16:12 act red red approved\n"
           "  act break_glass by 甲: 说明\n");
}

Test(act, the_glass_also_gives_and_takes_levels)
{
    struct rig rig = strict;
    rig.words = false;
    rig_expect(&rig,
               "@2015-11-01T10:00 decide break_glass by 甲 red\n"
               "@2015-11-01T11:00 decide break_glass by 甲 none\n",
               "11-01T10:00 issue - red\n11-01T10:00 alarm red red\n"
               "11-01T10:00 act red red overridden\n"
               "11-01T11:00 lift red -\n11-01T11:00 alarm - -\n11-01T11:00 act - - lifted\n");
}

/* Journaled, and nothing to the engine. */
Test(act, the_daemons_own_acts_decide_nothing)
{
    static const char *const acts[] = {"pause",  "resume",   "correct", "withdraw",
                                       "reload", "rollback", "accept",  "test"};
    struct rig rig = strict;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        char *facts =
            xasprintf(YELLOW "@2015-11-01T16:10 decide %s by 甲 of nothing-known\n", acts[i]);
        rig_expect(&rig, facts, "");
        free(facts);
    }
}

/* ---- time ---- */

Test(act, a_proposal_nobody_acts_on_is_filed)
{
    struct rig rig = strict;
    rig.policy = "approvals: {remind_after: 30m, deputy_after: 60m, expires_after: 6h}\n";
    rig.kinds = "issue task act alarm";
    const char *facts = YELLOW "@2015-11-01T23:00 decide approve by 甲 plan pending\n";
    rig.words = false;
    rig_expect(&rig, facts,
               "11-01T16:30 task - yellow to signer\n"
               "11-01T17:00 task - yellow to deputy\n"
               "11-01T22:00 act - - expired\n"
               "11-01T22:00 alarm - yellow\n"
               "11-01T23:00 alarm - -\n"
               "11-01T23:00 act - - refused\n");
}

Test(act, a_hold_puts_the_end_off)
{
    struct rig rig = strict;
    rig.policy = "approvals: {remind_after: 30m, deputy_after: 60m, expires_after: 2h}\n";
    rig.kinds = "act";
    rig.words = false;
    rig_expect(&rig,
               YELLOW "@2015-11-01T17:00 decide hold by 甲 until 2015-11-01T20:00\n"
                      "@2015-11-02T08:00 tick\n",
               "11-01T17:00 act - - held\n11-01T22:00 act - - expired\n");
}

/* Half an act by hand is a proposal like any other: reminded, filed in the end. */
Test(act, an_act_by_hand_nobody_completes_is_reminded_and_filed)
{
    struct rig rig = strict;
    rig.policy = "approvals: {remind_after: 30m, deputy_after: 60m, expires_after: 6h}\n";
    rig.kinds = "issue propose task act alarm";
    rig.proposals = true;
    rig.words = false;
    const char *facts = "@2015-11-01T08:00 tick\n"
                        "@2015-11-01T10:00 decide override by 甲 red\n"
                        "@2015-11-01T17:00 decide override by 乙 red\n";
    const char *expected = "11-01T10:00 propose - red begin 401762\n"
                           "11-01T10:00 act - - first_signed\n"
                           "11-01T10:30 task - red to signer\n"
                           "11-01T11:00 task - red to deputy\n"
                           "11-01T16:00 act - - expired\n"
                           "11-01T16:00 alarm - red\n"
                           "11-01T17:00 propose - red begin 401769\n" /* begun anew */
                           "11-01T17:00 act - - first_signed\n";
    rig_expect(&rig, facts, expected);
    rig.save_at = 2;
    rig_expect(&rig, facts, expected);
}

/* One dispatcher orders it, another person approves what is shown. */
Test(act, an_act_by_hand_is_completed_by_approving_its_plan)
{
    struct rig rig = strict;
    rig.words = false;
    const char *facts = "@2015-11-01T08:00 tick\n"
                        "@2015-11-01T10:00 decide override by 甲 red\n"
                        "@2015-11-01T10:01 decide approve by 甲 plan pending\n"
                        "@2015-11-01T10:02 decide hold by 乙 until 2015-11-01T10:30 plan pending\n"
                        "@2015-11-01T10:45 decide approve by 乙 plan pending\n"
                        "@2015-11-01T11:00 decide lift by 甲\n"
                        "@2015-11-01T11:02 decide approve by 乙 plan pending\n";
    const char *expected = "11-01T10:00 act - - first_signed\n"
                           "11-01T10:01 alarm - -\n"
                           "11-01T10:01 act - - refused\n"
                           "11-01T10:02 act - - held\n"
                           "11-01T10:45 issue - red\n"
                           "11-01T10:45 act red red approved\n"
                           "11-01T11:00 act red red first_signed\n"
                           "11-01T11:02 lift red -\n"
                           "11-01T11:02 act - - approved\n";
    rig_expect(&rig, facts, expected);
    rig.save_at = 2;
    rig_expect(&rig, facts, expected);
    rig.save_at = 4;
    rig_expect(&rig, facts, expected);
}

/* ---- unusually large ---- */

enum { SITES = 40 };

/* Sites that stop at red; one of them at yellow too. */
static char *sites(void)
{
    struct buf buf = {0};
    for (int i = 0; i < SITES; i++)
        buf_printf(&buf,
                   "- id: s-%02d\n  kind: site\n  name: 示例工地\n  district: \"210106\"\n"
                   "  type: building\n  measures: {yellow: %s, orange: %s, red: [{do: stop}]}\n"
                   "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n",
                   i, i == 0 ? "[{do: stop}]" : "[]", i == 0 ? "[{do: stop}]" : "[]");
    return buf_detach(&buf);
}

static struct rig large(char *registry, const char *policy)
{
    struct rig rig = strict;
    rig.registry = registry;
    rig.measures = "measures:\n  stop: {kind: stop, text: 停止作业, proof: 检查}\n";
    rig.inventory = "day:\n  industry: {so2: 1, nox: 1, pm: 5, vocs: 1}\n"
                    "  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                    "  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
                    "  other: {so2: 0, nox: 0, pm: 1, vocs: 0}\n";
    rig.policy = policy;
    rig.kinds = "issue raise lower lift reopen act";
    rig.words = false;
    return rig;
}

/* Two yellow episodes make four plans of one order: that is usual. */
#define HABIT                                           \
    "@2015-11-01T01:00 decide override by 甲 yellow\n" \
    "@2015-11-01T02:00 decide lift by 甲\n"            \
    "@2015-11-01T03:00 decide override by 甲 yellow\n" \
    "@2015-11-01T04:00 decide lift by 甲\n"
#define HABIT_SAID                                                           \
    "11-01T01:00 issue - yellow\n11-01T01:00 act yellow yellow overridden\n" \
    "11-01T02:00 lift yellow -\n11-01T02:00 act - - lifted\n"                \
    "11-01T03:00 issue - yellow\n11-01T03:00 act yellow yellow overridden\n" \
    "11-01T04:00 lift yellow -\n11-01T04:00 act - - lifted\n"

Test(act, a_plan_far_above_the_usual_needs_two_who_name_its_size)
{
    char *registry = sites();
    struct rig rig = large(registry, "size_limit: {times_usual: 3}\n");
    const char *facts = HABIT RED "@2015-11-01T16:10 decide approve by 甲 plan pending\n"
                                  "@2015-11-01T16:11 decide approve by 甲 plan pending count 39\n"
                                  "@2015-11-01T16:12 decide approve by 甲 plan pending count 40\n"
                                  "@2015-11-01T16:13 decide approve by 乙 plan pending\n"
                                  "@2015-11-01T16:14 decide approve by 乙 plan pending count all\n";
    const char *expected = HABIT_SAID "11-01T16:10 act - - refused\n"
                                      "11-01T16:11 act - - refused\n"
                                      "11-01T16:12 act - - first_signed\n"
                                      "11-01T16:13 act - - refused\n"
                                      "11-01T16:14 reopen - red\n"
                                      "11-01T16:14 act red red approved\n";
    rig_expect(&rig, facts, expected);
    rig.save_at = 1;
    rig_expect(&rig, facts, expected);
    free(registry);
}

/* Yellow is approved by one; when it is too large for the list, by two. */
Test(act, a_plan_that_hits_too_much_of_the_list_needs_two)
{
    char *registry = sites();
    struct rig rig = large(registry, "size_limit: {share_percent: 2}\n");
    rig.kinds = "issue act propose";
    rig_expect(&rig,
               YELLOW "@2015-11-01T16:10 decide approve by 甲 plan pending count all\n"
                      "@2015-11-01T16:11 decide approve by 乙 plan pending count all\n",
               "11-01T16:10 act - - first_signed\n"
               "11-01T16:11 issue - yellow\n"
               "11-01T16:11 act yellow yellow approved\n");
    free(registry);
}

Test(act, a_hand_is_bound_by_the_size_limit_too)
{
    char *registry = sites();
    struct rig rig = large(registry, "recipients_max: 10\n");
    rig_expect(&rig,
               "@2015-11-01T10:00 decide override by 甲 red\n"
               "@2015-11-01T10:01 decide break_glass by 甲 red\n"
               "@2015-11-01T10:02 decide break_glass by 甲 red count 40\n",
               "11-01T10:00 act - - refused\n"
               "11-01T10:01 act - - refused\n"
               "11-01T10:02 issue - red\n"
               "11-01T10:02 act red red overridden\n");
    free(registry);
}

/* What nobody needs to approve waits for people all the same. */
Test(act, an_automatic_release_stops_at_the_size_limit)
{
    char *registry = sites();
    struct rig rig = large(registry, "size_limit: {share_percent: 50}\n");
    const char *two = strstr(RULE, "\"two\"");
    char *automatic = xasprintf("%.*s\"auto\"%s", (int)(two - RULE), RULE, two + strlen("\"two\""));
    rig.rule = automatic;
    rig.proposals = true;
    rig.kinds = "issue propose alarm";
    char *got = rig_play(&rig, RED);
    cr_expect(str_starts(got, "11-01T16:00 alarm - -\n11-01T16:00 propose - red"), "%s", got);
    free(got);
    free(automatic);
    free(registry);
}

/* ---- not strict ---- */

Test(act, replay_and_drills_are_as_lenient_as_they_were)
{
    struct rig rig = strict;
    rig.strict = rig.words = false;
    rig_expect(&rig,
               YELLOW "@2015-11-01T16:10 decide approve by 甲 mute\n"
                      "@2015-11-01T17:00 decide override by 甲 red mute\n"
                      "@2015-11-01T18:00 decide lift by 甲 mute\n",
               "11-01T16:10 issue - yellow\n11-01T16:10 act yellow yellow approved\n"
               "11-01T17:00 raise yellow red\n11-01T17:00 act red red overridden\n"
               "11-01T18:00 lift red -\n11-01T18:00 act - - lifted\n");
}
