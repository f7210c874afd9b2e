/* Review: what a policy does not know or cannot use is told of once, with its first place and how
 * often it is there. */
#include "base/lang.h"
#include "model/bundle.h"
#include "model/feed_case.h"
#include "model/feed_review.h"
#include <criterion/criterion.h>
#include <string.h>

#define HEAD "time,subject,series,value,flag,period\n"

/* Held against tests/bundles/base: stations s1 and s2, area 210100. */
static void review(const char *text, struct findings *findings)
{
    struct bundle *bundle = NULL;
    struct feed *feed;
    struct findings unused = {0};
    lang_set(LANG_EN);
    cr_assert(bundle_load(&bundle, "tests/bundles/base", NULL, &unused) == 0);
    feed_new(&feed, bundle->policy.zone, &bundle->policy);
    feed_add_text(feed, "a.csv", text, strlen(text), 0, findings);
    feed_sort(feed, findings);
    feed_review(feed, findings);
    feed_free(feed);
    bundle_free(bundle);
    findings_release(&unused);
}

static void expect_review(const char *text, const char *places)
{
    struct findings findings = {0};
    review(text, &findings);
    expect_text(finding_places(&findings), places, text);
    cr_expect_eq(findings.errors, 0);
    findings_release(&findings);
}

Test(feed_review, what_fits_is_met_with_silence)
{
    expect_review(HEAD "2015-11-08 14:00,s1,pm25,168,N,\n"
                       "2015-11-08 14:00,s2,o3,null,,1h\n"
                       "2015-11-08 14:01,s1,gate_state,1,,\n",
                  "");
    expect_review(HEAD "2015-11-08 14:00,s1,nox_zs,5,F,\n"  /* stopped: counts as 0 */
                       "2015-11-08 14:00,s1,pm25,9999,D,\n" /* known to be broken */
                       "2015-11-08 14:00,210100,aqi_day,200,,1h\n",
                  "4:1 N044 4:38 N045");
}

Test(feed_review, each_slip_is_told_of_once_where_it_is_first)
{
    expect_review(HEAD "2015-11-08 14:00,s1,pm25,1,,\n"
                       "2015-11-08 14:00,s9,pm25,1,,\n"
                       "2015-11-08 15:00,s9,pm25,1,,\n"
                       "2015-11-08 14:00,s1,pm2.5,1,,\n"
                       "2015-11-08 14:00,s2,pm2.5,1,,\n"
                       "2015-11-08 14:00,s2,pm25,5001,,\n"
                       "2015-11-08 15:00,s2,pm25,-1,,\n"
                       "2015-11-08 15:00,s1,o3,1,X,\n"
                       "2015-11-08 15:20,s1,o3,1,,\n"
                       "2015-11-08 16:00,s1,o3,1,,PT30M\n",
                  "3:18 N040 5:21 N041 7:26 N042 9:26 N043 10:1 N044 11:27 N045");
}

Test(feed_review, words_name_the_slip_its_number_and_what_was_meant)
{
    struct findings findings = {0};
    review(HEAD "2015-11-08 14:00,S1,pm25,1,,\n2015-11-08 15:00,S1,pm25,1,,\n"
                "2015-11-08 15:00,s1,pm52,1,,\n2015-11-08 15:00,s1,pm25,5001,,\n",
           &findings);
    cr_assert_eq(findings.count, 3);
    cr_expect_str_eq(findings.items[0].message, "the policy knows no `S1`: not used, 2 in all");
    cr_expect_str_eq(findings.items[1].message, "there is no series `pm52`: not used, 1 in all");
    cr_expect_str_eq(findings.items[1].hint, "did you mean `pm25`?");
    cr_expect_str_eq(findings.items[2].message, "values of `pm25` lie outside 0 … 5000, 1 in all");
    findings_release(&findings);
}

Test(feed_review, repeats_count_once_and_conflicts_not_at_all)
{
    struct findings findings = {0};
    review(HEAD "2015-11-08 14:00,s9,pm25,1,,\n2015-11-08 14:00,s9,pm25,1,,\n"
                "2015-11-08 14:00,s9,pm25,2,,\n",
           &findings);
    cr_assert_eq(findings.count, 2);
    cr_expect_str_eq(findings.items[0].code, "N013");
    cr_expect(strstr(findings.items[0].message, "s9 pm25 2015-11-08T14:00 of source csv"), "%s",
              findings.items[0].message);
    cr_expect_str_eq(findings.items[1].message, "the policy knows no `s9`: not used, 1 in all");
    findings_release(&findings);
}

#define EVENT(id, kind, subject, time, data)                                       \
    "{\"specversion\":\"1.0\",\"type\":\"" kind "\",\"source\":\"t\",\"id\":\"" id \
    "\",\"subject\":\"" subject "\",\"time\":\"" time "\",\"data\":" data "}\n"

Test(feed_review, events_are_looked_at_like_rows)
{
    expect_review(
        EVENT("1", "reading", "s1", "2015-11-08T14:00:00+08:00",
              "{\"values\":{\"pm25\":1,\"o3\":2}}") /* good */
        EVENT("2", "reading", "s9", "2015-11-08T14:00:00+08:00", "{\"values\":{\"pm25\":1}}") EVENT(
            "3", "reading", "s1", "2015-11-08T14:00:00+08:00", "{\"values\":{\"pm25\":1,\"o4\":2}}")
            EVENT("4", "reading", "s1", "2015-11-08T14:00:00+08:00", "{\"values\":{\"pm25\":5001}}")
                EVENT("5", "reading", "s1", "2015-11-08T14:05:00+08:00",
                      "{\"values\":{\"pm25\":1}}")
                    EVENT("6", "reading", "s1", "2015-11-08T15:00:00+08:00",
                          "{\"values\":{\"pm25\":1},\"period\":\"PT5M\"}")
                        EVENT("7", "forecast", "210100", "2015-11-08T16:00:00+08:00",
                              "{\"series\":\"aqi_dya\",\"start\":\"2015-11-08\",\"step\":\"P1D\","
                              "\"values\":[1]}")
                            EVENT(
                                "8", "forecast", "s1", "2015-11-08T16:00:00+08:00",
                                "{\"series\":\"aqi_day\",\"start\":\"2015-11-08\",\"step\":\"P1D\","
                                "\"values\":[1]}")
                                EVENT("9", "forecast", "210100", "2015-11-08T16:00:00+08:00",
                                      "{\"series\":\"aqi_day\",\"start\":\"2015-11-08\","
                                      "\"step\":\"P1D\",\"values\":[1,null,[-1,700]]}"),
        "2:71 N040 3:143 N041 4:136 N042 5:83 N044 6:148 N045 7:133 N041 8:72 N040 9:194 N042");
}
