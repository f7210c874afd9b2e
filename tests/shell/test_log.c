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
    return (struct log){open_memstream(&text, &size), clock_fake(&now), 8 * HOUR_MS};
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
