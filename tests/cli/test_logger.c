/* The data logger of `hj212 send` under a fake clock: what it keeps, what it sends again, what it
 * answers. */
#include "base/str.h"
#include "cli/logger.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define START ((instant_ms)1795456800000) /* 2026-11-24 02:00:00 in Shenyang */

static struct logger_options options;
static struct logger *logger;
static struct buf told;
static instant_ms now;

static void tell(void *arg, const struct logger_outcome *outcome)
{
    (void)arg;
    buf_printf(&told, "%s%s:%d/%d", told.size ? " " : "", outcome->qn, outcome->acknowledged,
               outcome->tries);
}

static void make(void)
{
    now = START;
    options = logger_defaults();
    options.mn = "M1";
    options.password = "123456";
    options.done = tell;
}

static void away(void)
{
    logger_free(logger);
    buf_release(&told);
}

TestSuite(logger, .init = make, .fini = away);

static void start(void)
{
    logger = logger_new(&options);
    logger_connected(logger, now);
}

static void upload(const char *cp)
{
    cr_assert_eq(logger_upload(logger, NULL, 2061, cp, now), 0);
    logger_tick(logger, now);
}

/* What was sent since the last call. */
static const char *sent(void)
{
    static char text[65536];
    const struct buf *out = logger_out(logger);
    snprintf(text, sizeof text, "%s", buf_str(out));
    logger_sent(logger, out->size);
    return text;
}

static void hear(const char *segment)
{
    struct buf packet = {0};
    buf_printf(&packet, "##%04zu%s%04X\r\n", strlen(segment), segment,
               hj212_crc(segment, strlen(segment)));
    logger_receive(logger, packet.data, packet.size, now);
    buf_release(&packet);
}

static int packets_in(const char *text)
{
    int count = 0;
    for (; (text = strstr(text, "##")); text += 2)
        count++;
    return count;
}

Test(logger, an_upload_is_open_until_it_is_acknowledged)
{
    start();
    upload("DataTime=20261124010000;a34004-Avg=168");
    const char *text = sent();
    cr_expect_not_null(strstr(text, "QN=20261124020000000;ST=22;CN=2061;PW=123456;MN=M1;Flag=5;"
                                    "CP=&&DataTime=20261124010000;a34004-Avg=168&&"));
    cr_expect_eq(logger_open(logger), 1);
    hear("QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M2;Flag=4;CP=&&&&");
    cr_expect_eq(logger_open(logger), 1, "those were others'");
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_eq(logger_open(logger), 0);
    cr_expect_str_eq(buf_str(&told), "20261124020000000:1/1");
}

Test(logger, the_next_one_waits_for_the_window)
{
    start();
    upload("a=1");
    upload("a=2");
    cr_expect_eq(packets_in(sent()), 1);
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_not_null(strstr(sent(), "QN=20261124020000001"), "numbers are never used twice");
}

Test(logger, nothing_heard_it_sends_again_and_gives_up)
{
    start();
    upload("a=1");
    cr_expect_eq(packets_in(sent()), 1);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(logger_due(logger), now + 10 * SECOND_MS);
        now += 10 * SECOND_MS - 1;
        logger_tick(logger, now);
        cr_expect_str_eq(sent(), "");
        logger_tick(logger, ++now);
        cr_expect_eq(packets_in(sent()), 1);
    }
    now += 10 * SECOND_MS;
    logger_tick(logger, now);
    cr_expect_str_eq(buf_str(&told), "20261124020000000:0/4");
    cr_expect_eq(logger_open(logger), 0);
}

Test(logger, on_a_new_connection_it_is_late_data)
{
    options.edition = HJ212_2025;
    options.window = 2;
    start();
    upload("a=1");
    upload("a=2");
    cr_expect_null(strstr(sent(), "RF=1"));
    hear("QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=M1;Flag=8;CP=&&&&");
    logger_disconnected(logger);
    cr_expect_eq(logger_due(logger), INT64_MAX);
    upload("a=3");
    cr_expect_str_eq(sent(), "");
    logger_connected(logger, ++now);
    const char *text = sent();
    cr_expect_eq(packets_in(text), 2);
    cr_expect_not_null(strstr(text, "QN=20261124020000000;ST=22;CN=2061;PW=123456;MN=M1;Flag=9;"
                                    "RF=1;CP=&&a=1&&"));
    cr_expect_not_null(strstr(text, "Flag=9;CP=&&a=3&&"));
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=8;CP=&&&&");
    cr_expect_str_eq(buf_str(&told), "20261124020000001:1/1 20261124020000000:1/2");
}

Test(logger, parts_are_acknowledged_one_by_one)
{
    options.part_bytes = 64;
    start();
    upload("DataTime=20261124010000;a34004-Avg=1,a34004-Flag=N;a34002-Avg=2,a34002-Flag=N");
    const char *text = sent();
    cr_expect_eq(packets_in(text), 2);
    cr_expect_not_null(strstr(text, "QN=20261124020000001;ST=22;CN=2061;PW=123456;MN=M1;Flag=7;"
                                    "PNUM=2;PNO=2;"));
    hear("QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_eq(logger_open(logger), 1);
    now += 10 * SECOND_MS;
    logger_tick(logger, now);
    text = sent();
    cr_expect_eq(packets_in(text), 1, "only what is missing");
    cr_expect_not_null(strstr(text, "PNO=1;"));
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_str_eq(buf_str(&told), "20261124020000000:1/2");
}

Test(logger, sealed_with_a_key)
{
    options.key = (const unsigned char *)"0123456789ABCDEF";
    start();
    upload("DataTime=20261124010000;a34004-Avg=168");
    const char *text = sent();
    cr_expect(hj212_is_sealed(text, strlen(text)));
    cr_expect_null(strstr(text, "a34004"));
    hear("QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_eq(logger_open(logger), 0);
}

Test(logger, questions_are_answered_as_the_standard_asks)
{
    start();
    hear("QN=20261124020000007;ST=22;CN=1011;PW=123456;MN=M1;Flag=5;CP=&&&&");
    const char *text = sent();
    cr_expect_not_null(strstr(text, "QN=20261124020000007;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;"
                                    "CP=&&QnRtn=1&&"));
    cr_expect_not_null(strstr(text, "CN=1011;PW=123456;MN=M1;Flag=4;CP=&&SystemTime="
                                    "20261124020000&&"));
    cr_expect_not_null(strstr(text, "CN=9012;PW=123456;MN=M1;Flag=4;CP=&&ExeRtn=1&&"));
    hear("QN=20261124020000008;ST=22;CN=3015;PW=123456;MN=M1;Flag=5;CP=&&&&");
    cr_expect_not_null(strstr(sent(), "CP=&&QnRtn=8&&"));
    hear("QN=20261124020000009;ST=22;CN=1072;PW=123456;MN=M1;Flag=5;CP=&&NewPW=654321&&");
    sent();
    upload("a=1");
    cr_expect_not_null(strstr(sent(), "PW=654321"), "the new password");
}

Test(logger, a_heartbeat_that_nobody_answers_ends_the_connection)
{
    options.heartbeat = 60 * SECOND_MS;
    start();
    logger_tick(logger, now);
    cr_expect_not_null(strstr(sent(), "CN=9015"));
    hear("QN=20261124020000000;ST=91;CN=9013;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_expect_eq(logger_due(logger), START + 60 * SECOND_MS);
    for (int i = 0; i < 5 && !logger_is_unusable(logger); i++) {
        now = logger_due(logger);
        logger_tick(logger, now);
    }
    cr_expect(logger_is_unusable(logger));
    cr_expect_str_eq(buf_str(&told), "", "nobody is told of heartbeats");
}

Test(logger, packets_go_as_they_are)
{
    start();
    static const char packet[] = "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN="
                                 "010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80";
    cr_expect_eq(logger_packet(logger, packet, strlen(packet)), 0);
    logger_tick(logger, now);
    cr_expect_eq(strncmp(sent(), packet, strlen(packet)), 0);
    hear("QN=20160801085857223;ST=91;CN=9014;PW=100000;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&");
    cr_expect_str_eq(buf_str(&told), "20160801085857223:1/1");
    cr_expect_lt(logger_packet(logger, "##nonsense", 10), 0);
}

Test(logger, what_asks_for_no_answer_is_done_when_sent)
{
    start();
    static const char segment[] = "ST=22;CN=2061;PW=123456;MN=M1;CP=&&a=1&&";
    char packet[128];
    snprintf(packet, sizeof packet, "##%04zu%s%04X", strlen(segment), segment,
             hj212_crc(segment, strlen(segment)));
    cr_expect_eq(logger_packet(logger, packet, strlen(packet)), 0);
    logger_tick(logger, now);
    cr_expect_eq(packets_in(sent()), 1);
    cr_expect_eq(logger_open(logger), 0);
}
