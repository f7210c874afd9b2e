/* The HJ 212 server over real sockets: who is answered, and not before the commit. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "model/hj212_reading.h"
#include "shell/logger_rig.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define S1 "  - {mn: MN-S1, password: \"123456\"}\n"
#define HOUR "DataTime=20261124010000;a34004-Avg=168,a34004-Flag=N"
#define REFUSED(why) "source=\"hj212\",reason=\"" why "\""

static struct http_client client;

static void away(void)
{
    client_leave(&client);
    rig_away();
}

TestSuite(ingest_hj212, .init = rig_make, .fini = away);

static void say(struct http_client *to, const char *segment)
{
    struct buf packet = {0};
    logger_box_packet(&packet, segment);
    client_send(to, packet.data, packet.size);
    buf_release(&packet);
}

static void upload(struct http_client *to, const char *mn, int number)
{
    struct buf packet = {0};
    logger_hour(&packet, mn, number, 1, 100 + number % 100);
    client_send(to, packet.data, packet.size);
    buf_release(&packet);
}

Test(ingest_hj212, answered_after_the_commit_and_not_before)
{
    rig_start(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 7);
    struct delivery *delivery = rig_take();
    cr_assert_eq(delivery->count, 1);
    cr_expect_str_eq(delivery->from, "hj212");
    cr_expect_str_eq(delivery->facts[0]->id, "20261124000000007/2061/0/s1");
    cr_expect_eq(rig_count(&client, "9014"), 0);
    rig_commit(delivery);
    const char *got = client_wait_for(&client, "CN=9014");
    cr_expect_not_null(strstr(got, "QN=20261124000000007;ST=91;CN=9014;PW=123456;MN=MN-S1"));
}

Test(ingest_hj212, what_was_not_taken_is_not_answered)
{
    rig_start(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 7);
    struct delivery *delivery = rig_take();
    delivery->answered(delivery->arg, NULL);
    cr_expect_eq(rig_count(&client, "9014"), 0);
}

Test(ingest_hj212, who_comes_before_we_know_where_we_are_waits)
{
    rig_open(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 7);
    client_run_some();
    cr_expect_null(rig.inbox.first);
    ingest_hj212_resume(rig.server);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
}

Test(ingest_hj212, framing_holds_over_any_cut)
{
    struct buf two = {0};
    rig_start(S1);
    rig_connect(&client);
    buf_puts(&two, "noise");
    logger_hour(&two, "MN-S1", 1, 1, 5);
    logger_hour(&two, "MN-S1", 2, 2, 6);
    size_t tried = 0;
    for (size_t cut = 1; cut < two.size; cut += 3, tried++) {
        client_send(&client, two.data, cut);
        client_run_some();
        client_send(&client, two.data + cut, two.size - cut);
        rig_commit_facts(2);
    }
    cr_expect_gt(tried, 80);
    client_run_some();
    cr_expect_eq(rig_count(&client, "9014"), 2 * tried);
    buf_release(&two);
}

Test(ingest_hj212, byte_by_byte)
{
    struct buf one = {0};
    rig_start(S1);
    rig_connect(&client);
    logger_hour(&one, "MN-S1", 1, 1, 5);
    for (size_t i = 0; i < one.size; i++) {
        client_send(&client, one.data + i, 1);
        client_run_some();
    }
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
    buf_release(&one);
}

Test(ingest_hj212, one_read_is_one_delivery)
{
    struct buf many = {0};
    rig_start(S1);
    rig_connect(&client);
    for (int i = 0; i < 5; i++)
        logger_hour(&many, "MN-S1", i, i, i);
    client_send(&client, many.data, many.size);
    struct delivery *delivery = rig_take();
    cr_expect_eq(delivery->count, 5);
    rig_commit(delivery);
    client_run_some();
    cr_expect_eq(rig_count(&client, "9014"), 5);
    buf_release(&many);
}

/* The inbox holds 8; a whole read may go over it, but then no more is read. */
Test(ingest_hj212, a_full_inbox_stops_reading)
{
    int sent = 0;
    rig_start(S1);
    rig_connect(&client);
    while (inbox_has_room(&rig.inbox)) {
        upload(&client, "MN-S1", sent++);
        client_run_some();
    }
    size_t held = rig.inbox.facts;
    for (int i = 0; i < 5; i++)
        upload(&client, "MN-S1", sent++);
    client_run_some();
    cr_expect_eq(rig.inbox.facts, held, "nothing was read");
    cr_expect_gt(rig_counted("yujing_inbox_full_total", NULL), 0);
    for (size_t taken = 0; taken < (size_t)sent;) {
        struct delivery *delivery = rig_take();
        taken += delivery->count;
        rig_commit(delivery);
    }
    client_run_some();
    cr_expect_eq(rig_count(&client, "9014"), (size_t)sent, "none is lost");
}

Test(ingest_hj212, strangers_are_never_answered)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "QN=20261124020000001;ST=22;CN=2061;PW=123456;MN=MN-NO;Flag=5;CP=&&" HOUR "&&");
    say(&client, "QN=20261124020000001;ST=22;CN=2061;PW=654321;MN=MN-S1;Flag=5;CP=&&" HOUR "&&");
    say(&client, "QN=20261124020000001;ST=22;CN=9015;PW=654321;MN=MN-S1;Flag=5;CP=&&&&");
    upload(&client, "MN-S1", 7);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
    cr_expect_eq(rig_count(&client, "##"), 1, "only the sound one");
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("unknown_mn")), 1);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("wrong_password")), 2);
    rig_expect_said("MN-NO: this MN is known to neither the policy nor monitors.yaml; add it");
    rig_expect_said("MN-S1: the password is wrong; set the same one in the logger");
    cr_expect_null(strstr(rig.said, "654321"), "a password is in the log");
}

Test(ingest_hj212, a_refusal_is_said_in_the_language_of_the_log)
{
    rig_start(S1);
    rig_connect(&client);
    lang_set(LANG_ZH);
    say(&client, "QN=20261124020000001;ST=22;CN=7777;PW=123456;MN=MN-S1;Flag=5;CP=&&&&");
    client_say(&client, "##0004QN=10000\r\n");
    upload(&client, "MN-S1", 7);
    rig_commit_facts(1);
    lang_set(LANG_EN);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("unknown_command")), 1);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("broken")), 1);
    rig_expect_said("MN-S1: 命令编码（CN）不是数采仪应发送的；请核对数采仪所用的 HJ 212 版本");
    rig_expect_said(": 收到的不是 HJ 212 报文；请检查数采仪设置和通信线路；问题：");
}

Test(ingest_hj212, leniency_is_each_sources_own)
{
    /* A length that is too small, a field given twice: habits of real loggers. */
    static const char habit[] = "##0001QN=20261124020000001;QN=1;ST=22;CN=2061;PW=123456;MN=%s;"
                                "Flag=5;CP=&&" HOUR "&&%04X\r\n";
    rig_start(S1 "  - {mn: MN-S2, subject: s2, lenient: true}\n");
    rig_connect(&client);
    static const char *const mns[] = {"MN-S1", "MN-S2"};
    for (int i = 0; i < 2; i++) {
        char *packet = xasprintf(habit, mns[i], 0);
        size_t size = strlen(packet) - 6; /* of ##0001 and the CRC with its line end */
        snprintf(packet + size, 7, "%04X\r\n", hj212_crc(packet + 6, size - 6));
        client_say(&client, packet);
        free(packet);
    }
    struct delivery *delivery = rig_take();
    cr_assert_eq(delivery->count, 1);
    cr_expect_str_eq(delivery->facts[0]->subject, "s2");
    rig_commit(delivery);
    client_wait_for(&client, "MN=MN-S2");
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("not_strict")), 1);
    rig_expect_said("MN-S1: the packet departs from HJ 212; have the logger mended, or write");
    rig_expect_said("monitors.yaml; found: the length says 1 bytes, but ");
}

static void write_key(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s", logger_file(""));
    strcpy(strrchr(path, '/'), "/sm4.key");
    FILE *file = fopen(path, "w");
    fputs("30313233343536373839414243444546\n", file);
    fclose(file);
}

Test(ingest_hj212, sealed_uploads_are_opened)
{
    struct buf plain = {0}, sealed = {0}, forged = {0};
    write_key();
    rig_start("  - {mn: MN-S1, key_file: sm4.key, sealed_only: true}\n");
    rig_connect(&client);
    logger_hour(&plain, "MN-S1", 1, 1, 5);
    cr_assert_eq(
        hj212_seal(&sealed, (const unsigned char *)"0123456789ABCDEF", plain.data, plain.size), 0);
    cr_assert_eq(
        hj212_seal(&forged, (const unsigned char *)"0123456789ABCDEX", plain.data, plain.size), 0);
    client_send(&client, forged.data, forged.size);
    client_send(&client, plain.data, plain.size);
    client_send(&client, sealed.data, sealed.size);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
    cr_expect_eq(rig_count(&client, "9014"), 1);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("seal_broken")), 1);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("not_sealed")), 1);
    buf_release(&plain);
    buf_release(&sealed);
    buf_release(&forged);
}

Test(ingest_hj212, parts_are_uploads_of_their_own)
{
    rig_start("  - {mn: MN-S1, password: \"123456\"}\n"
              "  - {mn: MN-DA1, password: \"123456\"}\n");
    rig_connect(&client);
    say(&client, "QN=20261124021600000;ST=31;CN=2061;PW=123456;MN=MN-DA1;Flag=7;PNUM=2;PNO=1;"
                 "CP=&&DataTime=20261124010000;a21002-ZsAvg=48.1,a21002-Flag=N&&");
    struct delivery *first = rig_take();
    say(&client, "QN=20261124021600000;ST=31;CN=2061;PW=123456;MN=MN-DA1;Flag=7;PNUM=2;PNO=2;"
                 "CP=&&DataTime=20261124010000;a21002-ZsAvg=48.3,a21002-Flag=N&&");
    struct delivery *second = rig_take();
    cr_expect_str_neq(first->facts[0]->id, second->facts[0]->id, "one QN, two parts");
    rig_commit(first);
    client_wait_for(&client, "9014");
    cr_expect_eq(rig_count(&client, "9014"), 1);
    rig_commit(second);
    client_run_some();
    cr_expect_eq(rig_count(&client, "9014"), 2);
}

Test(ingest_hj212, three_editions_side_by_side)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "ST=22;CN=2061;PW=123456;MN=MN-S1;CP=&&" HOUR "&&");
    say(&client, "QN=20261124020000002;ST=22;CN=2061;PW=123456;MN=MN-S1;Flag=5;CP=&&" HOUR "&&");
    say(&client, "QN=20261124020000003;ST=22;CN=2061;PW=123456;MN=MN-S1;Flag=9;CP=&&" HOUR "&&");
    rig_commit_facts(3);
    const char *got = client_wait_for(&client, "QN=20261124020000003;ST=91;CN=9014");
    cr_expect_not_null(strstr(got, "Flag=8;"), "%s", got);
    cr_expect_not_null(strstr(got, "QN=20261124020000002;ST=91;CN=9014"));
    cr_expect_eq(rig_count(&client, "9014"), 2, "2005 has not asked for one");
}

Test(ingest_hj212, a_heartbeat_is_answered_at_once)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "QN=20261124020000002;ST=22;CN=9015;PW=123456;MN=MN-S1;Flag=9;CP=&&&&");
    client_wait_for(&client, "CN=9013");
    cr_expect_eq(rig_counted("yujing_ingest_frames_total", "command=\"9015\",result=\"notice\""),
                 1);
}

/* By the time of day, whatever the loop's own clock says. */
Test(ingest_hj212, clocks_are_set_by_the_time_of_day)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "QN=20261124020500000;ST=22;CN=1013;PW=123456;MN=MN-S1;Flag=5;CP=&&&&");
    const char *got = client_wait_for(&client, "CN=1012");
    cr_expect_not_null(strstr(got, "SystemTime=20261124020000"), "%s", got);
    cr_expect_not_null(strstr(got, "QN=20261124020000000"), "%s", got);
    say(&client, "QN=20261124020000000;ST=91;CN=9011;PW=123456;MN=MN-S1;Flag=4;CP=&&QnRtn=1&&");
    say(&client, "QN=20261124020000000;ST=91;CN=9012;PW=123456;MN=MN-S1;Flag=4;CP=&&ExeRtn=1&&");
    client_run_some();
    rig_expect_said("MN-S1 #1: done 1");
}

Test(ingest_hj212, a_logger_is_asked)
{
    rig_start(S1);
    rig_connect(&client);
    cr_expect_eq(ingest_hj212_ask(rig.server, "MN-S1", 1062, "RtdInterval=60", NULL), ERR_CONFLICT,
                 "it is not connected");
    say(&client, "QN=20261124020000002;ST=22;CN=9015;PW=123456;MN=MN-S1;Flag=9;CP=&&&&");
    client_wait_for(&client, "9013");
    cr_expect_eq(ingest_hj212_ask(rig.server, "MN-S1", 1062, "RtdInterval=60", NULL), 0);
    client_wait_for(&client, "CP=&&RtdInterval=60&&");
    cr_expect_eq(ingest_hj212_ask(rig.server, "MN-NO", 1062, "", NULL), ERR_NOT_FOUND);
}

struct waiting {
    struct hj212_asker asker;
    int result, code; /* result -1: not over */
};

static void over(struct hj212_asker *asker, enum hj212_result result, int code)
{
    struct waiting *waiting = (struct waiting *)(void *)asker;
    waiting->result = (int)result;
    waiting->code = code;
}

static void speak(void)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "QN=20261124020000002;ST=22;CN=9015;PW=123456;MN=MN-S1;Flag=9;CP=&&&&");
    client_wait_for(&client, "9013");
}

/* Hours that were asked for are taken in like others; who asked hears how many came, and the end.
 */
Test(ingest_hj212, who_asks_hears_what_came_and_how_it_ended)
{
    struct waiting time = {.asker.over = over, .result = -1}, hours = time;
    speak();
    cr_assert_eq(ingest_hj212_ask(rig.server, "MN-S1", 1011, "", &time.asker), 0);
    cr_assert_eq(ingest_hj212_ask(rig.server, "MN-S1", 2061,
                                  "BeginTime=20261124000000,EndTime=20261124010000", &hours.asker),
                 0);
    client_wait_for(&client, "CN=2061");
    const char *qn = "QN=20261124020000000", *next = "QN=20261124020000001";
    char text[256];
    snprintf(text, sizeof text, "%s;ST=91;CN=9011;PW=123456;MN=MN-S1;Flag=4;CP=&&QnRtn=1&&", qn);
    say(&client, text);
    snprintf(text, sizeof text,
             "%s;ST=22;CN=1011;PW=123456;MN=MN-S1;Flag=4;CP=&&SystemTime=20261124015955&&", qn);
    say(&client, text);
    snprintf(text, sizeof text, "%s;ST=91;CN=9012;PW=123456;MN=MN-S1;Flag=4;CP=&&ExeRtn=1&&", qn);
    say(&client, text);
    snprintf(text, sizeof text, "%s;ST=91;CN=9011;PW=123456;MN=MN-S1;Flag=4;CP=&&QnRtn=1&&", next);
    say(&client, text);
    snprintf(
        text, sizeof text,
        "%s;ST=22;CN=2061;PW=123456;MN=MN-S1;Flag=5;CP=&&DataTime=20261124000000;a34004-Avg=35,"
        "a34004-Flag=N&&",
        next);
    say(&client, text);
    rig_commit(rig_take());
    cr_expect_eq(hours.result, -1, "not before 9012");
    snprintf(text, sizeof text, "%s;ST=91;CN=9012;PW=123456;MN=MN-S1;Flag=4;CP=&&ExeRtn=100&&",
             next);
    say(&client, text);
    client_run_some();
    cr_expect_eq(time.result, HJ212_DONE);
    cr_expect_str_eq(time.asker.reply, "SystemTime=20261124015955");
    cr_expect_eq(time.asker.uploads, 0);
    cr_expect_eq(hours.result, HJ212_FAILED);
    cr_expect_eq(hours.code, 100);
    cr_expect_eq(hours.asker.uploads, 1);
}

Test(ingest_hj212, who_asks_hears_that_the_connection_is_gone)
{
    struct waiting time = {.asker.over = over, .result = -1};
    speak();
    cr_assert_eq(ingest_hj212_ask(rig.server, "MN-S1", 1011, "", &time.asker), 0);
    client_wait_for(&client, "CN=1011");
    client_leave(&client);
    rig_wait_connections(0);
    cr_expect_eq(time.result, HJ212_GONE);
}

Test(ingest_hj212, a_late_upload_is_taken_and_a_repeat_answered)
{
    rig_start(S1);
    rig_connect(&client);
    say(&client, "QN=20261120020000001;ST=22;CN=2061;PW=123456;MN=MN-S1;Flag=9;RF=1;CP=&&"
                 "DataTime=20261101010000;a34004-Avg=168&&");
    struct delivery *delivery = rig_take();
    cr_expect_eq(delivery->facts[0]->time, (instant_ms)1793466000000); /* 1 November 01:00 */
    delivery->tally.repeats = 1;
    delivery->answered(delivery->arg, &delivery->tally);
    client_wait_for(&client, "9014");
}

Test(ingest_hj212, what_no_series_reads_is_answered_and_not_kept)
{
    rig_start("  - {mn: MN-P1, password: \"123456\"}\n");
    rig_connect(&client);
    static const char power[] = "QN=20261124020000002;ST=44;CN=2011;PW=123456;MN=MN-P1;Flag=9;CP=&&"
                                "DataTime=20261124021500;d20105-Rtd=0.24&&";
    static const char other[] = "QN=20261124020000001;ST=22;CN=2011;PW=123456;MN=MN-P1;Flag=9;CP=&&"
                                "DataTime=20261124021500;a01001-Rtd=3.5&&";
    say(&client, other);
    client_wait_for(&client, "QN=20261124020000001;ST=91;CN=9014");
    cr_expect_null(rig.inbox.first);
    say(&client, power);
    rig_commit_facts(1);
    client_wait_for(&client, "QN=20261124020000002;ST=91;CN=9014");
    /* Now it is known that nobody reads the meter. */
    ingest_hj212_read_by(rig.server, xcalloc(rig.bundle->policy.series_count + 1, sizeof(bool)));
    say(&client, power);
    client_run_some();
    cr_expect_null(rig.inbox.first);
    cr_expect_eq(rig_count(&client, "9014"), 3);
    cr_expect_eq(rig_counted("yujing_ingest_frames_total", "command=\"2011\",result=\"unused\""),
                 2);
    cr_expect_eq(rig_counted("yujing_ingest_frames_total", "command=\"2011\",result=\"taken\""), 1);
}

Test(ingest_hj212, who_hangs_up_is_not_answered_and_not_lost)
{
    rig_start(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 7);
    struct delivery *delivery = rig_take();
    client_leave(&client);
    rig_wait_connections(0);
    cr_expect_str_eq(delivery->facts[0]->subject, "s1");
    rig_commit(delivery);
    rig_connect(&client);
}

Test(ingest_hj212, another_policy_asks_every_logger_to_come_anew)
{
    struct findings findings = {0};
    rig_start(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 7);
    struct delivery *delivery = rig_take();
    struct bundle *next = logger_bundle();
    cr_assert_eq(ingest_hj212_change(rig.server, &next->policy, NULL, &findings), 0);
    bundle_free(rig.bundle);
    rig.bundle = next;
    cr_expect(client_is_closed(&client));
    cr_expect_str_eq(delivery->facts[0]->reading.values[0].series, "pm25");
    rig_commit(delivery);
    client_leave(&client);
    rig_connect(&client);
    upload(&client, "MN-S1", 8);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
}

Test(ingest_hj212, a_policy_that_the_file_does_not_fit_changes_nothing)
{
    struct findings findings = {0};
    rig_start(S1);
    rig_connect(&client);
    struct bundle *next = logger_bundle();
    logger_file("  - {mn: MN-S1, subject: nobody}\n");
    cr_expect_eq(ingest_hj212_change(rig.server, &next->policy, NULL, &findings), ERR_INVALID);
    cr_expect_str_eq(findings.items[0].code, "O006");
    bundle_free(next);
    upload(&client, "MN-S1", 8);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
    findings_release(&findings);
}

Test(ingest_hj212, an_mn_speaks_only_from_its_network)
{
    struct http_client inside;
    rig_start("  - {mn: MN-S1, password: \"123456\", from: [127.0.0.2]}\n");
    rig_connect(&client);
    upload(&client, "MN-S1", 1);
    client_connect_from(&inside, "127.0.0.2", ingest_hj212_port(rig.server));
    upload(&inside, "MN-S1", 2);
    struct delivery *delivery = rig_take();
    cr_expect_str_eq(delivery->facts[0]->id, "20261124000000002/2061/0/s1");
    rig_commit(delivery);
    client_wait_for(&inside, "9014");
    cr_expect_eq(rig_count(&client, "##"), 0);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("foreign_address")), 1);
    client_leave(&inside);
}

Test(ingest_hj212, one_mn_at_two_addresses_is_an_alarm)
{
    struct http_client second;
    rig_start(S1);
    rig_connect(&client);
    upload(&client, "MN-S1", 1);
    rig_commit_facts(1);
    client_connect_from(&second, "127.0.0.2", ingest_hj212_port(rig.server));
    upload(&second, "MN-S1", 2);
    rig_commit_facts(1);
    rig_expect_said("alarm hj212.twice: ");
    rig_expect_said("127.0.0.2");
    /* It has moved: that is no alarm. */
    client_leave(&second);
    client_leave(&client);
    rig_wait_connections(0);
    rig_connect(&client);
    upload(&client, "MN-S1", 3);
    rig_commit_facts(1);
    rig_expect_said("info hj212.moved: ");
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", REFUSED("two_addresses")), 1);
}

Test(ingest_hj212, a_slip_of_the_configuration_is_told)
{
    struct findings findings = {0};
    struct surroundings around = {&rig.loop, &rig.inbox, &rig.log, &rig.bundle->policy,
                                  512,       rig.told,   false};
    static const char *const wrong[] = {"9212", "localhost:9212", "127.0.0.1:", "127.0.0.1:99999",
                                        "127.0.0.1:12x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rig.conf.listen = wrong[i];
        cr_expect_eq(ingest_hj212_new(&rig.server, &around, &rig.conf, NULL, &findings),
                     ERR_INVALID, "%s", wrong[i]);
        cr_expect_str_eq(findings.items[i].code, "O008");
    }
    rig.conf.listen = "127.0.0.1:0";
    rig_start(S1);
    char *taken = xasprintf("127.0.0.1:%d", ingest_hj212_port(rig.server));
    struct ingest_hj212 *second = NULL;
    struct hj212_conf conf = rig.conf;
    conf.listen = taken;
    cr_expect_lt(ingest_hj212_new(&second, &around, &conf, NULL, &findings), 0);
    cr_expect_str_eq(findings.items[findings.count - 1].code, "O009");
    free(taken);
    findings_release(&findings);
}
