/* The log: one line, whatever comes in. */
#include "base/err.h"
#include "shell/log.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(log);

static char *text;
static size_t size;
static instant_ms now = 1446967800000; /* 2015-11-08T07:30:00Z */

static struct log open_log(void)
{
    return (struct log){
        .stream = open_memstream(&text, &size), .clock = clock_fake(&now), .zone = 8 * HOUR_MS};
}

Test(log, a_line_has_instant_level_event_and_text)
{
    struct log log = open_log();
    log_event(&log, LOG_ALARM, "store.full", "%d rows", 3);
    fclose(log.stream);
    cr_expect_str_eq(text, "2015-11-08T15:30:00+08:00 alarm store.full: 3 rows\n");
    free(text);
}

Test(log, a_message_never_breaks_its_line)
{
    struct log log = open_log();
    log_event(&log, LOG_INFO, "x", "%s", "one\ntwo\x1b[31m");
    fclose(log.stream);
    cr_expect_str_eq(text, "2015-11-08T15:30:00+08:00 info x: one two [31m\n");
    free(text);
}

Test(log, findings_name_their_place)
{
    struct log log = open_log();
    struct findings findings = {0};
    findings_add(&findings, SEV_ERROR, "J001", (struct place){"a.jsonl", 3, 7}, "mend it",
                 "broken");
    log_findings(&log, "watch", &findings);
    fclose(log.stream);
    cr_expect_str_eq(text, "2015-11-08T15:30:00+08:00 error watch: a.jsonl:3:7: [J001] broken — "
                           "mend it\n");
    findings_release(&findings);
    free(text);
}

Test(log, as_json_each_line_is_one_object)
{
    struct log log = open_log();
    log.format = LOG_JSON;
    log_decision(&log, LOG_INFO, "decision", "发布 \"橙色\"",
                 "{\"kind\":\"order\",\"episode\":\"e/1\",\"order\":\"o1\",\"level\":null}");
    fclose(log.stream);
    cr_expect_str_eq(text, "{\"ts\":\"2015-11-08T15:30:00+08:00\",\"level\":\"info\","
                           "\"event\":\"decision\",\"text\":\"发布 \\\"橙色\\\"\",\"kind\":"
                           "\"order\",\"episode\":\"e/1\",\"order\":\"o1\"}\n");
    free(text);
}

Test(log, as_json_a_finding_has_its_place)
{
    struct log log = open_log();
    struct findings findings = {0};
    log.format = LOG_JSON;
    findings_add(&findings, SEV_ERROR, "J001", (struct place){"a.jsonl", 3, 7}, NULL, "broken");
    log_findings(&log, "watch", &findings);
    fclose(log.stream);
    cr_expect(strstr(text, "\"code\":\"J001\",\"file\":\"a.jsonl\",\"line\":3,\"col\":7}"));
    findings_release(&findings);
    free(text);
}

Test(log, for_the_journal_each_line_has_its_priority)
{
    struct log log = open_log();
    log.priorities = true;
    log_event(&log, LOG_ALARM, "a", "x");
    log_event(&log, LOG_ERROR, "b", "x");
    fclose(log.stream);
    cr_expect(strncmp(text, "<1>2015", 7) == 0);
    cr_expect_not_null(strstr(text, "\n<3>2015"));
    free(text);
}

static size_t count(const char *what)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        found++;
    return found;
}

Test(log, a_flood_becomes_a_number)
{
    struct log log = open_log();
    log.limit = log_limit_new(10);
    for (int i = 0; i < 322; i++)
        log_event(&log, LOG_WARNING, "flood", "drop %d", i);
    log_event(&log, LOG_INFO, "other", "is not drowned");
    fflush(log.stream);
    cr_expect_eq(count("flood: drop"), 10);
    cr_expect_eq(count("other: is not drowned"), 1);
    now += MINUTE_MS;
    log_flush(&log, false);
    log_event(&log, LOG_WARNING, "flood", "drop again");
    fclose(log.stream);
    cr_expect_eq(count("warning flood: … 312 more\n"), 1);
    cr_expect_eq(count("flood: drop"), 11);
    log_limit_free(log.limit);
    free(text);
}

Test(log, what_was_left_out_is_said_before_the_next_of_its_kind)
{
    struct log log = open_log();
    log.limit = log_limit_new(1);
    for (int i = 0; i < 3; i++)
        log_event(&log, LOG_INFO, "x", "%d", i);
    now += MINUTE_MS;
    log_event(&log, LOG_INFO, "x", "last");
    fclose(log.stream);
    cr_expect_not_null(strstr(text, "x: 0\n2015-11-08T15:31:00+08:00 info x: … 2 more\n2015"));
    log_limit_free(log.limit);
    free(text);
}

Test(log, at_the_end_all_of_it_is_said)
{
    struct log log = open_log();
    log.limit = log_limit_new(1);
    log_event(&log, LOG_INFO, "x", "1");
    log_event(&log, LOG_ALARM, "x", "2");
    log_flush(&log, false);
    fflush(log.stream);
    cr_expect_eq(count("more"), 0);
    log_flush(&log, true);
    fclose(log.stream);
    cr_expect_eq(count("alarm x: … 1 more"), 1, "as grave as what it stands for");
    log_limit_free(log.limit);
    free(text);
}

Test(log, secrets_and_people_are_not_written)
{
    struct log log = open_log();
    log_event(&log, LOG_INFO, "x", "%s", "13812345678 yj_canarycanarycanary duty@example.cn");
    fclose(log.stream);
    cr_expect_null(strstr(text, "canary"));
    cr_expect_null(strstr(text, "13812345678"));
    cr_expect_null(strstr(text, "duty@"));
    free(text);
}
