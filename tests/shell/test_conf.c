/* The configuration: defaults, complaints, what must fit together. */
#include "base/err.h"
#include "base/xalloc.h"
#include "shell/conf.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/yujing-conf-XXXXXX";
static struct conf conf;
static struct findings findings;

static void away(void)
{
    unlink(path);
    conf_release(&conf);
    findings_release(&findings);
}

TestSuite(conf, .fini = away);

static int read_text(const char *text, bool live)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return conf_read(&conf, path, live, &findings);
}

static void expect_finding(const char *text, bool live, const char *code, int line)
{
    cr_assert_lt(read_text(text, live), 0);
    cr_assert_eq(findings.errors, 1);
    cr_expect_str_eq(findings.items[0].code, code);
    cr_expect_eq(findings.items[0].line, line);
}

#define LEAST "policies: p\nstore: s.db\nwatch: {folder: in}\n"

Test(conf, what_is_not_written_has_a_default)
{
    cr_assert_eq(read_text(LEAST, false), 0);
    cr_expect_eq(conf.approvals, APPROVALS_BY_FACT);
    cr_expect_eq(conf.timing, TIME_BY_CLOCK);
    cr_expect_not(conf.drill);
    cr_expect_not(conf.stdin_.read);
    cr_expect_null(conf.spool);
    cr_expect_eq(conf.limits.batch_facts, 512);
    cr_expect_eq(conf.limits.low_water_mib, 64);
}

Test(conf, paths_are_relative_to_the_file)
{
    cr_assert_eq(read_text(LEAST "spool: {folder: /var/spool/yujing}\n", false), 0);
    cr_expect_str_eq(conf.policies, "/tmp/p");
    cr_expect_str_eq(conf.store, "/tmp/s.db");
    cr_expect_str_eq(conf.watch, "/tmp/in");
    cr_expect_str_eq(conf.spool, "/var/spool/yujing");
}

Test(conf, everything_can_be_written)
{
    cr_assert_eq(read_text(LEAST "drill: true\napprovals: all\nclock: facts\n"
                                 "stdin: {read: true, ack: true, at_end: stop}\n"
                                 "spool: {folder: out}\n"
                                 "limits: {batch_facts: 7, inbox_facts: 8, snapshot_facts: 9,"
                                 " in_flight: 10, store_mib_max: 11, low_water_mib: 12,"
                                 " file_mib_max: 13}\n",
                           false),
                 0);
    cr_expect(conf.drill && conf.stdin_.read && conf.stdin_.ack);
    cr_expect_eq(conf.approvals, APPROVALS_ALL);
    cr_expect_eq(conf.timing, TIME_BY_FACTS);
    cr_expect_eq(conf.stdin_.at_end, AT_END_STOP);
    cr_expect_eq(conf.limits.batch_facts + conf.limits.file_mib_max, 20);
    cr_expect_eq(findings.count, 0);
}

Test(conf, overrides_of_the_policy_become_json)
{
    cr_assert_eq(
        read_text(LEAST "with: {required: [pm25], settle_after: 20m, recipients_max: 5}\n", false),
        0);
    cr_expect_str_eq(conf.with,
                     "{\"recipients_max\":5,\"required\":[\"pm25\"],\"settle_after\":\"20m\"}");
}

Test(conf, an_unknown_key_is_refused_with_the_one_that_was_meant)
{
    expect_finding(LEAST "limits: {batch_fact: 7}\n", false, "S001", 4);
    cr_expect_not_null(strstr(findings.items[0].hint, "batch_facts"));
}

Test(conf, a_value_out_of_bounds_is_refused)
{
    cr_assert_lt(read_text(LEAST "limits: {batch_facts: 0, in_flight: 5000}\n", false), 0);
    cr_expect_eq(findings.errors, 2, "all are told");
}

Test(conf, what_is_needed_is_asked_for)
{
    expect_finding("policies: p\nwatch: {folder: in}\n", false, "S002", 1);
}

Test(conf, live_does_not_approve_by_itself)
{
    expect_finding(LEAST "spool: {folder: out}\napprovals: all\n", true, "D030", 5);
}

Test(conf, a_drill_is_never_live)
{
    expect_finding(LEAST "spool: {folder: out}\ndrill: true\n", true, "D031", 5);
}

/* Time that stands still between facts reminds nobody. */
Test(conf, live_goes_by_the_wall_clock)
{
    expect_finding(LEAST "spool: {folder: out}\nclock: facts\n", true, "D039", 5);
    cr_expect_not_null(strstr(findings.items[0].message, "time stands still"));
    cr_expect_not_null(strstr(findings.items[0].hint, "clock: wall"));
}

Test(conf, in_shadow_the_facts_may_tell_the_time)
{
    cr_expect_eq(read_text(LEAST "clock: facts\n", false), 0);
}

Test(conf, in_a_drill_the_facts_may_tell_the_time)
{
    cr_expect_eq(read_text(LEAST "spool: {folder: out}\ndrill: true\nclock: facts\n", false), 0);
}

Test(conf, a_rehearsal_is_live_into_a_folder)
{
    cr_expect_eq(read_text(LEAST "spool: {folder: out}\nclock: facts\nrehearsal: true\n", true), 0);
}

Test(conf, a_rehearsal_reaches_nobody)
{
    expect_finding(LEAST "gateways: {hook: {kind: webhook}}\nclock: facts\nrehearsal: true\n", true,
                   "D029", 6);
}

Test(conf, live_needs_a_way_out)
{
    expect_finding(LEAST, true, "D032", 1);
}

Test(conf, no_source_is_warned_of)
{
    cr_assert_eq(read_text("policies: p\nstore: s\n", false), 0);
    cr_expect_eq(findings.warnings, 1);
}

Test(conf, a_source_that_is_written_wrongly_is_told_once)
{
    expect_finding("policies: p\nstore: s\nwatch: {foldr: in}\n", false, "S001", 3);
    cr_expect_eq(findings.warnings, 0);
}

Test(conf, stdin_that_is_written_wrongly_is_told_once)
{
    expect_finding("policies: p\nstore: s\nstdin: {red: true}\n", false, "S001", 3);
    cr_expect_eq(findings.warnings, 0);
}
