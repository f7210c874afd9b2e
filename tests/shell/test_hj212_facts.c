/* What an upload says to the policy. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/hj212_facts.h"
#include "shell/logger_box.h"
#include <criterion/criterion.h>
#include <string.h>

#define HEAD "QN=20261124020000001;ST=22;PW=123456;Flag=5;MN="

static struct bundle *bundle;
static struct monitors *monitors;
static struct arena arena;
static struct buf packet_text;
static struct upload_terms terms;
static struct upload upload;

static void make(void)
{
    struct findings findings = {0};
    bundle = logger_bundle();
    terms = (struct upload_terms){.policy = &bundle->policy};
    const char *path = logger_file("  - {mn: MN-S1, units: {a34004: mg/m³}}\n"
                                   "  - {mn: MN-ALL, subject: s2, points: {d20105: {series: "
                                   "production_kw, subject: 210102-0001/L1}}}\n");
    cr_assert_eq(monitors_read(&monitors, path, &bundle->policy, &findings), 0);
}

static void away(void)
{
    monitors_free(monitors);
    bundle_free(bundle);
    arena_release(&arena);
    buf_release(&packet_text);
    logger_remove();
}

TestSuite(hj212_facts, .init = make, .fini = away);

/* Reads the packet of the segment; the answer of upload_read. */
static int take(const char *segment)
{
    struct hj212_packet packet;
    struct hj212_problem problem;
    buf_clear(&packet_text);
    logger_box_packet(&packet_text, segment);
    cr_assert_eq(
        hj212_parse(&arena, HJ212_STRICT, packet_text.data, packet_text.size, &packet, &problem), 0,
        "%s", segment);
    const struct monitor *monitor = monitors_find(monitors, packet.mn);
    cr_assert_not_null(monitor);
    return upload_read(&upload, &arena, &terms, monitor, &packet);
}

/* The content of a fact as the journal will have it. */
static const char *content(size_t number)
{
    static struct buf text;
    cr_assert_lt(number, upload.count);
    buf_clear(&text);
    fact_print_content(&text, &upload.facts[number]);
    return buf_str(&text);
}

static void is_written(size_t number, const char *wanted)
{
    cr_expect_not_null(strstr(content(number), wanted), "%s is not in %s", wanted, content(number));
}

Test(hj212_facts, an_hour_is_a_reading_of_its_subject)
{
    cr_assert_eq(take(HEAD "MN-DA1;CN=2061;CP=&&DataTime=20261124010000;a21002-ZsAvg=48.1,"
                           "a21002-Flag=N&&"),
                 0);
    cr_assert_eq(upload.count, 1);
    cr_expect_eq(upload.values, 1);
    const struct fact *fact = &upload.facts[0];
    cr_expect_str_eq(fact->source, "hj212/MN-DA1");
    cr_expect_str_eq(fact->id, "20261124020000001/2061/0/210102-0001/DA001");
    cr_expect_str_eq(fact->subject, "210102-0001/DA001");
    cr_expect_eq(fact->reading.period, HOUR_MS);
    cr_expect_eq(fact->time, (instant_ms)1795453200000); /* 01:00 in Shenyang */
    cr_expect_eq(fact->reading.values[0].value, 48100000);
    cr_expect_eq(fact->reading.values[0].flag, 'N');
    is_written(0, "nox_zs");
}

Test(hj212_facts, units_are_converted_exactly)
{
    cr_assert_eq(take(HEAD "MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg=0.168&&"), 0);
    cr_assert_eq(upload.count, 1);
    cr_expect_eq(upload.facts[0].reading.values[0].value, 168 * MICRO);
    cr_expect_eq(upload.facts[0].reading.values[0].flag, 0);
}

Test(hj212_facts, a_moment_belongs_to_its_step)
{
    cr_assert_eq(take(HEAD "MN-P1;CN=2011;CP=&&DataTime=20261124021537;d20105-Rtd=0.24&&"), 0);
    cr_assert_eq(upload.count, 1);
    cr_expect_str_eq(upload.facts[0].subject, "210102-0001/L1");
    cr_expect_eq(upload.facts[0].time % MINUTE_MS, 0);
    cr_expect_eq(upload.facts[0].reading.period, MINUTE_MS);
    cr_expect_eq(upload.facts[0].time, (instant_ms)1795457700000); /* 02:15 */
}

Test(hj212_facts, averages_of_another_period_are_not_taken)
{
    cr_assert_eq(take(HEAD "MN-S1;CN=2051;CP=&&DataTime=20261124010000;a34004-Avg=0.168&&"), 0);
    cr_expect_eq(upload.count, 0, "ten minutes are no hour");
    cr_expect_eq(upload.unused, 1);
    cr_assert_eq(take(HEAD "MN-S1;CN=2031;CP=&&DataTime=20261124000000;a34004-Avg=0.168&&"), 0);
    cr_expect_eq(upload.count, 0, "nor is a day");
}

Test(hj212_facts, moments_that_nobody_reads_are_not_kept)
{
    bool reads[16] = {false};
    terms.reads = reads;
    static const char power[] = HEAD "MN-P1;CN=2011;CP=&&DataTime=20261124021537;d20105-Rtd=0.24&&";
    cr_assert_eq(take(power), 0);
    cr_expect_eq(upload.count, 0);
    cr_expect_eq(upload.unused, 1);
    reads[policy_series(&bundle->policy, "production_kw")] = true;
    cr_assert_eq(take(power), 0);
    cr_expect_eq(upload.count, 1);
    memset(reads, 0, sizeof reads);
    cr_assert_eq(take(HEAD "MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg=0.168&&"), 0);
    cr_expect_eq(upload.count, 1, "hours are few, and are kept all the same");
}

Test(hj212_facts, subjects_are_told_apart)
{
    cr_assert_eq(take(HEAD "MN-ALL;CN=2011;CP=&&DataTime=20261124021537;d20105-Rtd=5;a34013-Rtd=7;"
                           "a99999-Rtd=1&&"),
                 0);
    cr_assert_eq(upload.count, 2);
    cr_expect_eq(upload.unused, 1);
    cr_expect_str_eq(upload.facts[0].subject, "210102-0001/L1");
    cr_expect_str_eq(upload.facts[1].subject, "s2");
    cr_expect_str_neq(upload.facts[0].id, upload.facts[1].id);
}

Test(hj212_facts, two_steps_of_one_subject_are_two_facts)
{
    cr_assert_eq(take(HEAD "MN-ALL;CN=2011;CP=&&DataTime=20261124021537;a34013-Rtd=7&&"), 0);
    cr_assert_eq(upload.count, 1);
    const char *path = logger_file("  - {mn: MN-ALL, subject: s2, points: {p99101-Rtd: {series: "
                                   "mark}}}\n");
    struct findings findings = {0};
    monitors_free(monitors);
    cr_assert_eq(monitors_read(&monitors, path, &bundle->policy, &findings), 0);
    cr_assert_eq(
        take(HEAD "MN-ALL;CN=2011;CP=&&DataTime=20261124021537;a34013-Rtd=7;p99101-Rtd=F&&"), 0);
    cr_assert_eq(upload.count, 2);
    cr_expect_str_neq(upload.facts[0].id, upload.facts[1].id);
    cr_expect_eq(upload.facts[1].reading.values[0].value, MICRO, "the second state");
}

Test(hj212_facts, what_cannot_be_meant_is_told)
{
    cr_assert_eq(take(HEAD "MN-S1;CN=2061;CP=&&a34004-Avg=0.168&&"), 0);
    cr_expect(upload.no_time);
    cr_assert_eq(take(HEAD "MN-S1;CN=2061;CP=&&DataTime=20261324010000;a34004-Avg=0.168&&"), 0);
    cr_expect(upload.no_time);
    cr_assert_eq(take(HEAD "MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg=many&&"), 0);
    cr_expect_not(upload.no_time);
    cr_expect_eq(upload.unreadable, 1);
    cr_expect(hj212_text_is(upload.bad, "a34004"));
    cr_expect_eq(upload.count, 0);
    cr_assert_eq(
        take(HEAD "MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg=,a34004-Flag=D&&"), 0);
    cr_assert_eq(upload.count, 1, "reported, and not known");
    cr_expect_eq(upload.facts[0].reading.values[0].value, MICRO_NONE);
    cr_expect_eq(take(HEAD "MN-S1;CN=9015;CP=&&&&"), ERR_NOT_FOUND);
}

Test(hj212_facts, an_edition_without_qn_is_known_by_its_time)
{
    cr_assert_eq(take("ST=22;PW=123456;MN=MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg="
                      "0.168&&"),
                 0);
    cr_assert_eq(upload.count, 1);
    cr_expect_str_eq(upload.facts[0].id, "1795453200000/2061/0/s1");
}

Test(hj212_facts, sent_again_it_is_the_same_fact)
{
    static const char hour[] =
        HEAD "MN-S1;CN=2061;CP=&&DataTime=20261124010000;a34004-Avg=0.168,a34004-Flag=N&&";
    cr_assert_eq(take(hour), 0);
    char *first = strdup(content(0));
    struct fact before = upload.facts[0];
    cr_assert_eq(take(hour), 0);
    cr_expect_str_eq(content(0), first);
    cr_expect_str_eq(upload.facts[0].id, before.id);
    free(first);
}

/* A policy may be replaced while its facts wait for their commit. */
Test(hj212_facts, facts_outlive_policy_and_registry)
{
    cr_assert_eq(take(HEAD "MN-DA1;CN=2061;CP=&&DataTime=20261124010000;a21002-ZsAvg=48.1&&"), 0);
    monitors_free(monitors);
    bundle_free(bundle);
    monitors = NULL;
    bundle = NULL;
    is_written(0, "nox_zs");
    cr_expect_str_eq(upload.facts[0].subject, "210102-0001/DA001");
}
