/* Time, exactly: the sentences of scripts/README.md on time, each with a test named after it. */
#include "base/xalloc.h"
#include "rig.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PM2.5 by HJ 633-2012: 115 → AQI 150, 116 → 152, 151 → 201, 251 → 301, 60 → 80. */
#define CLEAN "30"
#define FOUL "160"

static const char OBSERVED[] =
    "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
    "  { \"yellow\", issue_when = { observed = \"aqi_hour\", above = 100 } } },\n"
    "  lift_when = { observed = \"aqi_hour\", at_most = 100 } }\n";
static const char OBSERVED_24H[] =
    "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
    "  { \"yellow\", issue_when = { observed = \"aqi_24h\", above = 100 } } },\n"
    "  lift_when = { observed = \"aqi_24h\", at_most = 100 } }\n";
static const char OBSERVED_DAY[] =
    "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
    "  { \"yellow\", issue_when = { observed = \"aqi_day\", above = 100 } } },\n"
    "  lift_when = { observed = \"aqi_day\", at_most = 100 } }\n";

static const struct rig hourly = {.rule = OBSERVED};
static const struct rig rolling = {.rule = OBSERVED_24H};
static const struct rig daily = {.rule = OBSERVED_DAY};
static const struct rig ladder = {.kinds = "issue raise lower lift reopen"};

/* ---- hours ---- */

Test(time, an_hour_closes_when_all_its_stations_have_reported)
{
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T00:00 s2 pm25 160\n",
               "11-01T01:00 issue - yellow\n");
}

Test(time, an_hour_closes_settle_after_its_end_when_a_station_is_late)
{
    struct rig rig = hourly;
    rig.policy = "stations_min_share: 0.5\n";
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T01:30 tick\n",
               "11-01T01:30 issue - yellow\n");
    rig.policy = "stations_min_share: 0.5\nsettle_after: 10m\n";
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T01:30 tick\n",
               "11-01T01:10 issue - yellow\n");
}

Test(time, an_hour_does_not_close_before_settle_after)
{
    struct rig rig = hourly;
    rig.policy = "stations_min_share: 0.5\n";
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T01:29 tick\n", "");
}

Test(time, three_quarters_of_two_stations_are_both)
{
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T02:30 tick\n", "");
}

Test(time, a_null_or_invalid_value_counts_as_reported_and_contributes_nothing)
{
    struct rig rig = hourly;
    rig.policy = "stations_min_share: 0.5\n";
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T00:00 s2 pm25 ?\n",
               "11-01T01:00 issue - yellow\n");
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T00:00 s2 pm25 20!D\n",
               "11-01T01:00 issue - yellow\n");
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-01T00:00 s2 pm25 ?\n", "");
}

Test(time, the_value_is_the_mean_over_stations_that_reported)
{
    /* 75 is AQI 100, which is not above 100; 76 is 102. */
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 50\n@2015-11-01T00:00 s2 pm25 100\n", "");
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 50\n@2015-11-01T00:00 s2 pm25 102\n",
               "11-01T01:00 issue - yellow\n");
}

Test(time, means_are_exact_and_rounded_half_even_only_as_an_index)
{
    /* 75.5 rounds to 76 and 74.5 to 74; 75.4999 rounds to 75. */
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 75\n@2015-11-01T00:00 s2 pm25 76\n",
               "11-01T01:00 issue - yellow\n");
    rig_expect(&hourly, "@2015-11-01T00:00 s1 pm25 75\n@2015-11-01T00:00 s2 pm25 75.9998\n", "");
}

Test(time, an_hour_always_closes)
{
    /* Nothing at all is reported from 01:00 on, yet each hour closes: the alarm comes by the clock.
     */
    struct rig rig = hourly;
    rig.words = true;
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160\n@2015-11-01T08:00 tick\n",
               "11-01T01:00 issue - yellow\n"
               "  aqi_hour > 100 for 1h from 2015-11-01\n"
               "11-01T04:00 alarm yellow yellow\n"
               "  aqi_hour unknown since 2015-11-01T01:00\n"
               "  no valid values from s1, s2\n");
}

Test(time, a_silence_names_the_stations_that_are_silent)
{
    struct rig rig = hourly;
    rig.words = true;
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 60x8\n@2015-11-01T00:00 s2 pm25 60 60 ?x6\n",
               "11-01T05:00 alarm - -\n"
               "  aqi_hour unknown since 2015-11-01T02:00\n"
               "  no valid values from s2\n");
}

Test(time, a_24_h_mean_needs_20_valid_hours)
{
    rig_expect(&rolling, "@2015-11-01T00:00 s1,s2 pm25 160x19\n", "");
    rig_expect(&rolling, "@2015-11-01T00:00 s1,s2 pm25 160x20\n", "11-01T20:00 issue - yellow\n");
    rig_expect(&rolling, "@2015-11-01T00:00 s1,s2 pm25 160x10 ?x4 160x9\n", "");
    rig_expect(&rolling, "@2015-11-01T00:00 s1,s2 pm25 160x10 ?x4 160x10\n",
               "11-02T00:00 issue - yellow\n");
}

Test(time, a_day_is_complete_when_its_last_hour_has_closed)
{
    rig_expect(&daily, "@2015-11-01T00:00 s1,s2 pm25 160x23\n", "");
    rig_expect(&daily, "@2015-11-01T00:00 s1,s2 pm25 160x24\n", "11-02T00:00 issue - yellow\n");
    rig_expect(&daily, "@2015-11-01T00:00 s1,s2 pm25 160x23\n@2015-11-02T00:30 tick\n",
               "11-02T00:30 issue - yellow\n");
}

Test(time, a_day_is_the_local_civil_day)
{
    /* From 12:00 local: the first local day has 12 hours, too few; a UTC day would have had 20. */
    rig_expect(&daily, "@2015-11-01T12:00 s1,s2 pm25 160x24\n", "");
}

Test(time, aqi_follows_the_standard_in_force_on_that_date)
{
    /* 70 is AQI 94 before 2026-03-01 and 110 from then on. */
    rig_expect(&hourly, "@2026-02-28T22:00 s1,s2 pm25 70x2\n", "");
    rig_expect(&hourly, "@2026-02-28T22:00 s1,s2 pm25 70x3\n", "03-01T01:00 issue - yellow\n");
}

Test(time, a_missing_required_pollutant_makes_an_index_up_to_100_unknown)
{
    struct rig rig = hourly;
    rig.policy = "pollutants: [pm25, pm10]\n";
    rig.series =
        "  pm10: {kind: measured, pollutant: pm10, step: 1h, span: 1h, unit: µg/m³, low: 0, "
        "high: 5000, valid: N}\n";
    /* PM2.5 alone, above 100: it counts.  Then 30: unknown, so nothing lifts. */
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160 30x2\n@2015-11-01T03:30 tick\n",
               "11-01T01:30 issue - yellow\n");
    rig.policy = "pollutants: [pm25, pm10]\nrequired: [pm25]\n";
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160 30x2\n@2015-11-01T03:30 tick\n",
               "11-01T01:30 issue - yellow\n11-01T02:30 lift yellow -\n");
}

/* ---- comparisons and runs ---- */

Test(time, above_is_greater_and_at_least_is_not_less)
{
    struct rig rig = {
        .rule = "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
                "  { \"yellow\", issue_when = { observed = \"aqi_hour\", at_least = 100 } } },\n"
                "  lift_when = { observed = \"aqi_hour\", below = 100 } }\n"};
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 75 74\n",
               "11-01T01:00 issue - yellow\n11-01T02:00 lift yellow -\n");
    rig_expect(&hourly, "@2015-11-01T00:00 s1,s2 pm25 75 76 75\n",
               "11-01T02:00 issue - yellow\n11-01T03:00 lift yellow -\n");
}

Test(time, an_unknown_value_satisfies_nothing)
{
    rig_expect(&hourly, "@2015-11-01T00:00 s1,s2 pm25 160 ?x2\n", "11-01T01:00 issue - yellow\n");
}

Test(time, an_unknown_value_breaks_a_run)
{
    struct rig rig = {.rule =
                          "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
                          "  { \"yellow\", issue_when = { observed = \"aqi_hour\", above = 100, "
                          "lasting = \"3h\" } } },\n"
                          "  lift_when = { observed = \"aqi_hour\", at_most = 100 } }\n"};
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160x2 ? 160x2\n", "");
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160x2 ? 160x3\n",
               "11-01T06:00 issue - yellow\n");
}

Test(time, lasting_48h_is_25_values_of_aqi_24h)
{
    struct rig rig = {.rule =
                          "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
                          "  { \"yellow\", issue_when = { observed = \"aqi_24h\", above = 100, "
                          "lasting = \"48h\" } } },\n"
                          "  lift_when = { observed = \"aqi_24h\", at_most = 100 } }\n"};
    /* The first value is known at hour 20; the 25th at hour 44. */
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160x43\n", "");
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160x44\n", "11-02T20:00 issue - yellow\n");
}

Test(time, lasting_48h_is_two_values_of_aqi_day)
{
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 160 140 140\n", "");
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 160 160 140\n",
               "11-01T16:00 issue - yellow\n");
}

Test(time, without_lasting_one_value_does)
{
    rig_expect(&hourly, "@2015-11-01T00:00 s1,s2 pm25 160\n", "11-01T01:00 issue - yellow\n");
}

Test(time, an_observed_run_must_end_at_the_newest_closed_step)
{
    struct rig rig = {
        .rule = "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
                "  { \"yellow\", issue_when = { observed = \"aqi_hour\", above = 100, lasting = "
                "\"2h\" } } },\n"
                "  lift_when = { observed = \"aqi_hour\", at_most = 100, lasting = \"2h\" } }\n"};
    rig_expect(&rig, "@2015-11-01T00:00 s1,s2 pm25 160x2 30 160 30x2\n",
               "11-01T02:00 issue - yellow\n11-01T06:00 lift yellow -\n");
}

Test(time, a_step_with_another_known_primary_pollutant_does_not_satisfy)
{
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 260 260 [pm10]\n", "");
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 260 80 [pm10,pm25]\n",
               "11-01T16:00 issue - yellow\n");
}

/* ---- bulletins ---- */

Test(time, the_newest_issued_bulletin_is_in_force_whole)
{
    /* The second bulletin says nothing of 11-03, so the first one's 250 there is forgotten. */
    rig_expect(&ladder,
               "@2015-11-01T15:00 forecast aqi_day 2015-11-01 80 80 250\n"
               "@2015-11-01T15:00 forecast aqi_day 2015-11-01 80 80\n",
               "11-01T15:00 issue - yellow\n");
    rig_expect(&ladder,
               "@2015-11-01T15:00 forecast aqi_day 2015-11-01 80 80\n"
               "@2015-11-01T15:00 forecast aqi_day 2015-11-01 80 80 250\n",
               "11-01T15:00 issue - yellow\n");
}

Test(time, a_bulletin_older_than_36_h_is_none_and_an_alarm)
{
    struct rig rig = {.words = true, .kinds = "alarm"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 80 80\n"
               "@2015-11-03T06:00 tick\n",
               "11-02T20:00 alarm - -\n"
               "  aqi_24h unknown since 2015-11-02T17:00\n"
               "  no valid values from s1, s2\n"
               "11-03T04:30 alarm - -\n"
               "  no bulletin in force for aqi_day: the last is too old\n");
}

Test(time, a_range_counts_by_its_middle_rounded_up)
{
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 180..221 80\n",
               "11-01T16:00 issue - yellow\n");
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 180..220 80\n", "");
    struct rig rig = ladder;
    rig.policy = "forecast_use: high\n";
    rig_expect(&rig, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 180..220 80\n",
               "11-01T16:00 issue - yellow\n");
    rig.policy = "forecast_use: low\n";
    rig_expect(&rig, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 180..250 80\n", "");
}

Test(time, a_complete_measured_value_beats_the_forecast_of_the_same_step)
{
    /* 11-01 is measured at 201 (151 µg/m³) although 80 was forecast: with 11-02 that is 48 h above
     * 150. */
    rig_expect(&ladder,
               "@2015-11-01T00:00 s1,s2 pm25 151x24\n"
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 160 80\n",
               "11-02T00:00 issue - yellow\n");
}

/* ---- what counts ---- */

Test(time, a_run_counts_when_it_reaches_past_now)
{
    /* 11-01 alone is over when its value is known. */
    rig_expect(&ladder,
               "@2015-11-01T00:00 s1,s2 pm25 160x24\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 80 80\n",
               "");
}

Test(time, a_run_must_begin_within_lead_of_the_bulletin)
{
    /* 60 h after 11-01 16:00 is 11-04 04:00: a run from 11-04 counts, one from 11-05 does not. */
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 80 250\n",
               "11-01T16:00 issue - yellow\n");
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 80 80 250 250\n", "");
}

Test(time, each_clause_of_an_all_needs_its_own_run_and_they_need_not_overlap)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 210 210 80 80\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 310 80 210 210 210 80\n",
               "11-01T16:00 issue - orange\n11-02T16:00 raise orange red\n");
}

Test(time, only_runs_that_satisfy_lasting_count_for_the_begin)
{
    /* 160 on 11-01 is too short a run; the one that counts begins on 11-03. */
    struct rig rig = ladder;
    rig.by_fact = rig.proposals = true;
    rig.kinds = "propose";
    char *got = rig_play(&rig, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 160 80 160 160 80\n");
    char expected[80];
    snprintf(expected, sizeof expected, "11-01T16:00 propose - yellow begin %lld\n",
             (long long)(days_of_date(2015, 11, 3) * 24 - 8));
    cr_expect_str_eq(got, expected);
    free(got);
}

Test(time, a_lift_clause_looks_from_the_step_of_now_to_now_plus_lasting)
{
    /* Under way from 11-02; on 11-03 16:00 the next 36 h end on 11-05 04:00, so 11-05 must be clean
     * too. */
    const char *begin = "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 250 80 80\n"
                        "@2015-11-01T00:00 s1,s2 pm25 30x60\n"
                        "@2015-11-02T16:00 forecast aqi_day 2015-11-02 250 160 80 80 80 80\n";
    char *facts =
        xasprintf("%s@2015-11-03T16:00 forecast aqi_day 2015-11-03 80 80 160 80 80\n", begin);
    rig_expect(&ladder, facts, "11-01T16:00 issue - yellow\n");
    free(facts);
    facts = xasprintf("%s@2015-11-03T16:00 forecast aqi_day 2015-11-03 80 80 80 160 80\n", begin);
    rig_expect(&ladder, facts, "11-01T16:00 issue - yellow\n11-03T16:00 lift yellow -\n");
    free(facts);
}

/* What some write for unknown is no clean air. */
Test(time, a_value_of_a_bulletin_below_the_scale_is_unknown)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 250 80 80\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 250 160 80 80 80 80\n"
               "@2015-11-03T16:00 forecast aqi_day 2015-11-03 -999 -999 -1..80 80 80\n",
               "11-01T16:00 issue - yellow\n");
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 -999 80\n",
               "11-01T16:00 issue - yellow\n");
}

/* ---- the ladder ---- */

Test(time, announced_follows_the_bulletin_down)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 210 80 80\n",
               "11-01T16:00 issue - orange\n11-02T10:00 lower orange yellow\n");
}

Test(time, announced_and_no_target_is_withdrawn)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 80\n",
               "11-01T16:00 issue - yellow\n11-02T10:00 lift yellow -\n");
}

Test(time, announced_is_not_withdrawn_when_the_step_at_its_begin_is_unknown)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 ? 80\n",
               "11-01T16:00 issue - yellow\n");
}

Test(time, under_way_holds_the_stricter_level)
{
    const char *facts = "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 210 80\n"
                        "@2015-11-02T16:00 forecast aqi_day 2015-11-02 210 80 80 80\n";
    rig_expect(&ladder, facts, "11-01T16:00 issue - orange\n");
    struct rig follow = ladder;
    follow.rule = "return warning \"heavy-pollution\" { title = \"t\", area = \"210100\",\n"
                  "  downgrade = \"follow\",\n" LADDER_ISSUE LADDER_LIFT "}\n";
    rig_expect(&follow, facts, "11-01T16:00 issue - orange\n11-02T16:00 lower orange yellow\n");
}

Test(time, under_way_lifts_only_when_lift_when_holds)
{
    /* No target from 11-03 16:00, but nothing is measured: silence is not recovery. */
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80 80\n"
               "@2015-11-03T16:00 forecast aqi_day 2015-11-03 80 80 80 80\n"
               "@2015-11-03T18:00 tick\n",
               "11-01T16:00 issue - yellow\n");
}

Test(time, a_begin_that_moves_is_no_transition)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 210 80\n",
               "11-01T16:00 issue - yellow\n");
}

Test(time, a_raise_never_moves_the_begin_later)
{
    /* Announced yellow for 11-02; the orange run begins on 11-04, yet the raise keeps the earlier
     * begin. */
    struct rig rig = {.by_fact = true, .proposals = true, .kinds = "propose"};
    char *got =
        rig_play(&rig, "@2015-11-01T14:00 forecast aqi_day 2015-11-01 80 210 80 80 80\n"
                       "@2015-11-01T14:05 decide approve by 甲\n"
                       "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 80 210 210 80\n");
    long long begin = days_of_date(2015, 11, 2) * 24 - 8;
    char *expected = xasprintf("11-01T14:00 propose - yellow begin %lld\n"
                               "11-01T16:00 propose yellow orange begin %lld\n",
                               begin, begin);
    cr_expect_str_eq(got, expected);
    free(expected);
    free(got);
}

Test(time, a_target_soon_after_a_lift_reopens_the_episode_at_the_stricter_level)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 80 80\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 80 210 80 80\n",
               "11-01T16:00 issue - orange\n11-02T10:00 lift orange -\n"
               "11-02T16:00 reopen - orange\n");
}

Test(time, a_begin_36_h_after_the_lift_is_a_new_episode)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80 80\n"
               "@2015-11-02T12:00 forecast aqi_day 2015-11-02 80 80 80 80\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 80 80 210 80\n",
               "11-01T16:00 issue - yellow\n11-02T12:00 lift yellow -\n"
               "11-02T16:00 issue - yellow\n");
}

Test(time, a_reopened_level_is_not_lowered_before_its_begin)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 210 80\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 80 80\n"
               "@2015-11-02T16:00 forecast aqi_day 2015-11-02 80 210 80 80\n"
               "@2015-11-02T18:00 forecast aqi_day 2015-11-02 80 250 80 80\n",
               "11-01T16:00 issue - orange\n11-02T10:00 lift orange -\n"
               "11-02T16:00 reopen - orange\n");
}

Test(time, one_transition_per_evaluation)
{
    rig_expect(&ladder, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 310 310 310 80\n",
               "11-01T16:00 issue - red\n");
}

/* ---- directives ---- */

Test(time, a_directive_opens_an_episode)
{
    rig_expect(&ladder, "@2015-11-01T16:00 directive orange until 2015-11-03T08:00\n",
               "11-01T16:00 issue - orange\n");
}

Test(time, a_directive_makes_the_level_the_stricter_of_both)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 directive red until 2015-11-02T12:00\n"
               "@2015-11-02T13:00 tick\n",
               "11-01T16:00 issue - yellow\n11-01T17:00 raise yellow red\n"
               "11-02T12:30 lower red yellow\n");
}

Test(time, a_directive_blocks_the_lift_until_it_ends)
{
    rig_expect(&ladder,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 80 210 80 80\n"
               "@2015-11-01T17:00 directive yellow until 2015-11-02T12:00\n"
               "@2015-11-02T10:00 forecast aqi_day 2015-11-02 80 80 80 80\n"
               "@2015-11-02T13:00 tick\n",
               "11-01T16:00 issue - yellow\n11-02T12:30 lift yellow -\n");
}

/* ---- approval ---- */

Test(time, a_proposal_waits_for_one_person)
{
    struct rig rig = {.by_fact = true, .kinds = "issue raise lift"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:10 decide approve by 值班员甲\n",
               "11-01T17:10 issue - yellow\n");
}

Test(time, two_approvals_are_two_different_persons)
{
    struct rig rig = {.by_fact = true, .kinds = "issue alarm", .policy = NULL};
    rig.rule = "return warning \"heavy-pollution\" { title = \"t\", area = \"210100\", levels = {\n"
               "  { \"yellow\", approve = \"two\", issue_when = { timeline = \"aqi_day\", above = "
               "200 } } },\n"
               "  lift_when = { forecast = \"aqi_day\", at_most = 150, lasting = \"36h\" } }\n";
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 decide approve by 甲\n"
               "@2015-11-01T17:05 decide approve by 甲\n"
               "@2015-11-01T17:10 decide approve by 乙\n",
               "11-01T17:05 alarm - -\n11-01T17:10 issue - yellow\n");
}

Test(time, an_evaluation_that_proposes_the_same_makes_no_new_one)
{
    struct rig rig = {.by_fact = true, .proposals = true, .kinds = "propose"};
    char *got = rig_play(&rig, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
                               "@2015-11-01T18:00 forecast aqi_day 2015-11-01 80 210 80\n"
                               "@2015-11-01T20:00 forecast aqi_day 2015-11-01 80 80 210 80\n");
    int lines = 0;
    for (const char *at = got; *at; at++)
        lines += *at == '\n';
    cr_expect_eq(lines, 2, "%s", got);
    free(got);
}

Test(time, filed_proposals_are_not_made_again)
{
    struct rig rig = {.by_fact = true, .proposals = true, .kinds = "propose issue"};
    char *got = rig_play(&rig, "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
                               "@2015-11-01T17:00 decide file by 甲\n"
                               "@2015-11-01T18:00 forecast aqi_day 2015-11-01 80 210 80\n");
    cr_expect(strchr(got, '\n') && strchr(got, '\n')[1] == 0, "%s", got);
    free(got);
}

Test(time, nobody_acts_reminder_then_the_deputy)
{
    struct rig rig = {.by_fact = true, .kinds = "task"};
    rig.policy = "approvals: {remind_after: 30m, deputy_after: 60m}\n";
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T20:00 tick\n",
               "11-01T16:30 task - yellow to signer\n11-01T17:00 task - yellow to deputy\n");
}

Test(time, a_hold_waits_until_its_time)
{
    struct rig rig = {.by_fact = true, .kinds = "task issue"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T16:10 decide hold by 甲 until 2015-11-01T18:00\n"
               "@2015-11-01T18:05 tick\n"
               "@2015-11-01T18:10 decide approve by 甲\n",
               "11-01T18:00 task - yellow to signer\n11-01T18:10 issue - yellow\n");
}

/* ---- late data ---- */

Test(time, late_data_corrects_the_series_for_the_next_evaluation)
{
    struct rig rig = {.rule =
                          "return warning \"w\" { title = \"t\", area = \"210100\", levels = {\n"
                          "  { \"yellow\", issue_when = { observed = \"aqi_hour\", above = 100, "
                          "lasting = \"3h\" } } },\n"
                          "  lift_when = { observed = \"aqi_hour\", at_most = 100 } }\n"};
    /* 01:00 of s2 comes three hours late; 04:00's close sees three hours in a row, but not its own
     * arrival. */
    rig_expect(&rig,
               "@2015-11-01T00:00 s1 pm25 160x5\n"
               "@2015-11-01T00:00 s2 pm25 160 - 160x3\n"
               "@2015-11-01T03:10 late 2015-11-01T01:00 s2 pm25 160\n",
               "11-01T04:00 issue - yellow\n");
}

Test(time, decisions_already_made_stand)
{
    rig_expect(&hourly,
               "@2015-11-01T00:00 s1,s2 pm25 160\n"
               "@2015-11-01T01:10 late 2015-11-01T00:00 s1 pm25 0\n",
               "11-01T01:00 issue - yellow\n");
}

/* ---- unknown ---- */

Test(time, an_unknown_series_raises_one_alarm_and_again_only_after_it_was_known)
{
    struct rig rig = hourly;
    rig.kinds = "alarm";
    rig_expect(&rig,
               "@2015-11-01T00:00 s1,s2 pm25 30\n"
               "@2015-11-01T10:00 tick\n"
               "@2015-11-01T10:00 s1,s2 pm25 30\n"
               "@2015-11-01T20:00 tick\n",
               "11-01T04:00 alarm - -\n11-01T14:00 alarm - -\n");
}

/* ---- state ---- */

Test(time, a_state_saved_and_loaded_at_any_fact_decides_the_same)
{
    const char *facts = "@2015-11-01T00:00 s1,s2 pm25 160x30 30x40 200x30\n"
                        "@2015-11-01T16:00 forecast aqi_day 2015-11-01 210 310 210 80 80\n"
                        "@2015-11-01T17:00 directive red until 2015-11-02T12:00\n"
                        "@2015-11-02T16:00 forecast aqi_day 2015-11-02 80 80 80 80 80\n"
                        "@2015-11-03T16:00 forecast aqi_day 2015-11-03 80 210 80 80 80\n"
                        "@2015-11-04T16:00 forecast aqi_day 2015-11-04 80 80 80 80 80\n"
                        "@2015-11-06T00:00 tick\n";
    struct rig rig = {.words = true};
    char *whole = rig_play(&rig, facts);
    for (int n = 1; n < 60; n += 7) {
        rig.save_at = n;
        char *pieces = rig_play(&rig, facts);
        cr_expect_str_eq(pieces, whole, "saved at every %d facts", n);
        free(pieces);
    }
    cr_expect(strlen(whole) > 100, "something was decided");
    free(whole);
}

Test(time, the_bundles_author_may_not_approve)
{
    struct rig rig = {.by_fact = true, .kinds = "issue alarm", .policy = "author: 甲\n"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 decide approve by 甲\n"
               "@2015-11-01T17:05 decide approve by 乙\n",
               "11-01T17:00 alarm - -\n11-01T17:05 issue - yellow\n");
}

Test(time, hours_before_1970_close_like_others)
{
    /* No standard was in force then: the index is unknown, and that is told. */
    rig_expect(&hourly, "@1969-12-31T00:00 s1,s2 pm25 160x20\n", "12-31T06:00 alarm - -\n");
}

Test(time, a_series_that_was_never_known_raises_its_alarm_too)
{
    struct rig rig = hourly;
    rig.words = true;
    rig_expect(&rig, "@2015-11-01T00:00 s1 pm25 160\n@2015-11-02T00:00 tick\n",
               "11-01T06:00 alarm - -\n  aqi_hour unknown since 2015-11-01T03:00\n"
               "  no valid values from s1, s2\n");
}

Test(time, a_reading_that_does_not_fit_its_step_is_told_once_and_not_used)
{
    struct rig rig = hourly;
    rig.kinds = "alarm issue";
    rig.words = true;
    rig_expect(
        &rig, "@2015-11-01T00:30 s1,s2 pm25 160x2\n@2015-11-01T03:00 tick\n",
        "11-01T01:30 alarm - -\n"
        "  reading of s1 at 2015-11-01T00:30:00+08:00 does not fit the steps of pm25: not used\n"
        "11-01T01:30 alarm - -\n"
        "  reading of s2 at 2015-11-01T00:30:00+08:00 does not fit the steps of pm25: not used\n");
}

Test(time, a_very_late_reading_is_told_and_stops_nothing)
{
    rig_expect(&hourly,
               "@2015-11-05T00:00 late 2015-11-01T00:00 s1 pm25 160\n"
               "@2015-11-05T00:00 late 2015-11-01T00:00 s2 pm25 160\n"
               "@2015-11-05T00:00 tick\n",
               "");
}

Test(time, a_directive_of_an_unknown_level_is_an_alarm)
{
    rig_expect(&(struct rig){.words = true}, "@2015-11-01T16:00 directive purple\n",
               "11-01T16:00 alarm - -\n"
               "  directive f1: no warning of 210100 has a level purple\n");
}

Test(time, a_directives_issue_names_the_directive_alone)
{
    struct rig rig = ladder;
    rig.words = true;
    rig_expect(&rig, "@2015-11-01T16:00 directive orange until 2015-11-03T08:00\n",
               "11-01T16:00 issue - orange\n"
               "  directive 辽环函1号 orange until 2015-11-03T08:00\n");
}

Test(time, an_override_to_an_unknown_level_is_refused)
{
    struct rig rig = {.by_fact = true, .kinds = "issue lift alarm"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 decide approve by 甲\n"
               "@2015-11-01T17:05 decide override by 甲 Red\n",
               "11-01T17:00 issue - yellow\n11-01T17:05 alarm yellow yellow\n");
}

Test(time, an_approval_of_another_or_too_short_a_hash_is_refused)
{
    struct rig rig = {.by_fact = true, .kinds = "issue alarm"};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 decide approve by 甲 plan 0123456789ab\n"
               "@2015-11-01T17:05 decide approve by 甲 plan 2\n",
               "11-01T17:00 alarm - -\n11-01T17:05 alarm - -\n");
}

Test(time, an_approved_decision_names_who_approved)
{
    struct rig rig = {.by_fact = true, .kinds = "issue", .words = true};
    rig_expect(&rig,
               "@2015-11-01T16:00 forecast aqi_day 2015-11-01 80 210 80\n"
               "@2015-11-01T17:00 decide approve by 甲\n",
               "11-01T17:00 issue - yellow\n"
               "  aqi_day > 200 for 24h from 2015-11-02\n"
               "  approved by 甲\n");
}
