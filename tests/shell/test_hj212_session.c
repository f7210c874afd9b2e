/* A logger's connection under a fake clock: who is answered, when, and with what; and when the line
 * is given up. */
#include "base/arena.h"
#include "base/err.h"
#include "model/hj212_reading.h"
#include "shell/hj212_session.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char key[HJ212_KEY_BYTES] = {'0', '0', '0', '0', '0', '0', '0', '0',
                                                   '0', '0', '0', '0', '0', '0', '0', '0'};
static const struct hj212_source sources[] = {
    {.mn = "M1", .password = "123456"},
    {.mn = "M2", .password = "123456", .lenient = true},
    {.mn = "M3", .key = key, .sealed_only = true},
    {.mn = "M4", .key = key},
};
enum { SOURCES = sizeof sources / sizeof *sources };

/* 2026-11-24 02:00:00 in Shenyang. */
#define START ((instant_ms)1795456800000)

struct rig {
    struct hj212_session_options options;
    struct hj212_session *session;
    struct buf told; /* one word for each event, parted by blanks */
    uint64_t token, question;
    instant_ms now;
};

static const struct hj212_source *find(void *arg, struct hj212_text mn)
{
    (void)arg;
    for (size_t i = 0; i < SOURCES; i++)
        if (hj212_text_is(mn, sources[i].mn))
            return &sources[i];
    return NULL;
}

static void tell(void *arg, const struct hj212_event *event)
{
    struct rig *rig = arg;
    struct buf *told = &rig->told;
    buf_puts(told, told->size > 0 ? " " : "");
    switch (event->kind) {
    case HJ212_UPLOAD:
        buf_printf(told, "upload:%d", event->packet->command);
        rig->token = event->token;
        break;
    case HJ212_REPLY:
        buf_printf(told, "reply:%d", event->packet->command);
        break;
    case HJ212_NOTICE:
        buf_printf(told, "notice:%d", event->packet->command);
        break;
    case HJ212_OUTCOME:
        buf_printf(told, "%s:%d", hj212_result_name(event->result), event->code);
        break;
    case HJ212_REFUSED:
        buf_printf(told, "refused:%s", hj212_why_word(event->why));
        break;
    case HJ212_INCOMPLETE:
        buf_printf(told, "incomplete:%s/%s/%s:%llu/%d", event->parts->mn, event->parts->command,
                   event->parts->time, (unsigned long long)event->parts->seen[0],
                   event->parts->pnum);
        break;
    case HJ212_HANG_UP:
        buf_printf(told, "hang_up:%s", hj212_why_word(event->why));
        break;
    }
    if (event->question)
        rig->question = event->question;
}

static struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    rig->now = START;
    rig->options = hj212_session_defaults();
    rig->options.find = find;
    rig->options.event = tell;
    rig->options.arg = rig;
    return rig;
}

/* The session begins with the first use, so that a test may change the options before. */
static struct hj212_session *session_of(struct rig *rig)
{
    if (!rig->session)
        rig->session = hj212_session_new(&rig->options, rig->now);
    return rig->session;
}

static void rig_free(struct rig *rig)
{
    hj212_session_free(rig->session);
    buf_release(&rig->told);
    free(rig);
}

static void receive(struct rig *rig, const char *bytes, size_t size)
{
    hj212_session_receive(session_of(rig), bytes, size, rig->now);
}

/* A segment without its frame, e.g. "QN=1;CP=&&&&". */
static void say(struct rig *rig, const char *segment)
{
    struct buf buf = {0};
    buf_printf(&buf, "##%04zu%s%04X\r\n", strlen(segment), segment,
               hj212_crc(segment, strlen(segment)));
    receive(rig, buf.data, buf.size);
    buf_release(&buf);
}

/* On to this many milliseconds after the start, ticking when a tick is due, as a timer would. */
static void wait_until(struct rig *rig, span_ms after)
{
    int ticks = 0;
    while (hj212_session_due(session_of(rig)) <= START + after) {
        rig->now = hj212_session_due(rig->session);
        hj212_session_tick(rig->session, rig->now);
        cr_assert_lt(++ticks, 1000, "a tick that is due leaves nothing due");
    }
    rig->now = START + after;
}

static void expect_told(struct rig *rig, const char *wanted)
{
    cr_expect_str_eq(buf_str(&rig->told), wanted);
    buf_clear(&rig->told);
}

/* What is to be sent: segments, parted by blanks; every packet sound. */
static void expect_sent(struct rig *rig, const char *wanted)
{
    const struct buf *out = hj212_session_out(session_of(rig));
    struct arena arena = {0};
    struct buf segments = {0};
    for (char *at = out->data, *end; out->size > 0 && at < out->data + out->size; at = end + 2) {
        struct hj212_packet packet;
        struct hj212_problem problem;
        end = memmem(at, (size_t)(out->data + out->size - at), "\r\n", 2);
        cr_assert_not_null(end);
        cr_assert_eq(hj212_parse(&arena, HJ212_STRICT, at, (size_t)(end - at), &packet, &problem),
                     0);
        buf_puts(&segments, segments.size > 0 ? " " : "");
        buf_add(&segments, packet.segment.at, packet.segment.size);
    }
    cr_expect_str_eq(buf_str(&segments), wanted);
    hj212_session_sent(rig->session, out->size);
    cr_expect_eq(out->size, 0);
    buf_release(&segments);
    arena_release(&arena);
}

#define QN "QN=20261124020000001;"
#define HOUR QN "ST=31;CN=2061;PW=123456;MN=M1;Flag=5;CP=&&DataTime=20261124010000;a21002-Avg=1&&"
#define ANSWER QN "ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&"

/* Uploads -------------------------------------------------------------------------------------- */

Test(hj212_session, an_upload_is_answered_only_when_durable)
{
    struct rig *rig = rig_new();
    say(rig, HOUR);
    expect_told(rig, "upload:2061");
    expect_sent(rig, "");
    wait_until(rig, 5 * MINUTE_MS);
    expect_sent(rig, "");
    cr_expect(hj212_session_durable(rig->session, rig->token));
    expect_sent(rig, ANSWER);
    cr_expect_not(hj212_session_durable(rig->session, rig->token), "answered twice");
    expect_sent(rig, "");
    rig_free(rig);
}

Test(hj212_session, what_was_not_kept_is_not_answered)
{
    struct rig *rig = rig_new();
    say(rig, HOUR);
    cr_expect(hj212_session_forget(rig->session, rig->token));
    cr_expect_not(hj212_session_durable(rig->session, rig->token));
    cr_expect_not(hj212_session_durable(rig->session, 0));
    expect_sent(rig, "");
    say(rig, HOUR); /* the logger sends it again */
    expect_told(rig, "upload:2061 upload:2061");
    cr_expect(hj212_session_durable(rig->session, rig->token));
    expect_sent(rig, ANSWER);
    rig_free(rig);
}

Test(hj212_session, answers_go_out_in_the_order_of_commits)
{
    struct rig *rig = rig_new();
    uint64_t tokens[3];
    for (int i = 0; i < 3; i++) {
        struct buf segment = {0};
        buf_printf(&segment, "QN=2026112402000000%d;ST=31;CN=2051;PW=123456;MN=M1;Flag=9;CP=&&&&",
                   i);
        say(rig, buf_str(&segment));
        tokens[i] = rig->token;
        buf_release(&segment);
    }
    cr_expect(hj212_session_durable(rig->session, tokens[2]));
    cr_expect(hj212_session_durable(rig->session, tokens[0]));
    expect_sent(rig, "QN=20261124020000002;ST=91;CN=9014;PW=123456;MN=M1;Flag=8;CP=&&&& "
                     "QN=20261124020000000;ST=91;CN=9014;PW=123456;MN=M1;Flag=8;CP=&&&&");
    rig_free(rig);
}

Test(hj212_session, no_answer_where_none_is_wanted)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=31;CN=2011;PW=123456;MN=M1;Flag=4;CP=&&DataTime=20261124015900;a1-Rtd=1&&");
    cr_expect_eq(rig->token, 0);
    say(rig, "ST=31;CN=2011;PW=123456;MN=M1;CP=&&DataTime=20261124015900;a1-Rtd=1&&");
    cr_expect_eq(rig->token, 0);
    expect_told(rig, "upload:2011 upload:2011");
    expect_sent(rig, "");
    rig_free(rig);
}

Test(hj212_session, full_until_the_commits_come)
{
    struct rig *rig = rig_new();
    rig->options.answers_max = 2;
    say(rig, HOUR);
    cr_expect_not(hj212_session_is_full(rig->session));
    say(rig, HOUR);
    cr_expect(hj212_session_is_full(rig->session));
    cr_expect(hj212_session_durable(rig->session, rig->token));
    cr_expect_not(hj212_session_is_full(rig->session));
    hj212_session_sent(rig->session, 10);
    cr_expect_gt(hj212_session_out(rig->session)->size, 0);
    rig_free(rig);
}

/* Who ------------------------------------------------------------------------------------------ */

Test(hj212_session, strangers_and_wrong_passwords_are_refused)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=31;CN=2061;PW=123456;MN=M9;Flag=5;CP=&&a1-Avg=1&&");
    say(rig, QN "ST=31;CN=2061;PW=123456;MN=;Flag=5;CP=&&a1-Avg=1&&");
    say(rig, QN "ST=31;CN=2061;PW=654321;MN=M1;Flag=5;CP=&&a1-Avg=1&&");
    say(rig, QN "ST=31;CN=2061;MN=M1;Flag=5;CP=&&a1-Avg=1&&");
    expect_told(rig, "refused:unknown_mn refused:unknown_mn refused:wrong_password "
                     "refused:wrong_password");
    expect_sent(rig, "");
    cr_expect_eq(hj212_session_ask(rig->session, "M1", 1011, "", rig->now), ERR_NOT_FOUND,
                 "a refused logger has not spoken");
    rig_free(rig);
}

Test(hj212_session, habits_only_from_those_who_may)
{
    static const char strict[] = "##81QN=;ST=23;CN=2011;PW=123456;MN=M1;CP=&&a1-Rtd=1&&";
    struct rig *rig = rig_new();
    struct buf line = {0};
    for (int i = 1; i <= 2; i++) {
        buf_clear(&line);
        buf_puts(&line, strict);
        line.data[strstr(line.data, "MN=M") - line.data + 4] = (char)('0' + i);
        buf_printf(&line, "%04X\r\n", hj212_crc(line.data + 4, line.size - 4));
        receive(rig, line.data, line.size);
    }
    expect_told(rig, "refused:not_strict upload:2011");
    receive(rig, "##0012rubbish\r\n", 15);
    expect_told(rig, "refused:broken");
    buf_release(&line);
    rig_free(rig);
}

Test(hj212_session, commands_that_no_logger_sends)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=31;CN=1062;PW=123456;MN=M1;Flag=5;CP=&&RtdInterval=30&&");
    say(rig, QN "ST=31;CN=2012;PW=123456;MN=M1;Flag=5;CP=&&&&");
    say(rig, QN "ST=31;PW=123456;MN=M1;Flag=5;CP=&&&&");
    say(rig, QN "ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&");
    expect_told(rig, "refused:unknown_command refused:unknown_command refused:unknown_command "
                     "refused:stray_answer");
    expect_sent(rig, "");
    rig_free(rig);
}

/* SM4 ------------------------------------------------------------------------------------------ */

static void say_sealed(struct rig *rig, const char *mn, const unsigned char with[HJ212_KEY_BYTES])
{
    struct buf plain = {0}, sealed = {0};
    struct hj212_letter letter = {.qn = hj212_text_of("20261124020000001"),
                                  .st = hj212_text_of("31"),
                                  .cn = hj212_text_of("2061"),
                                  .mn = hj212_text_of(mn),
                                  .flag = 9};
    const char cp[] = "DataTime=20261124010000;a21002-Avg=1,a21002-Flag=N";
    cr_assert_eq(hj212_print(&plain, &letter, cp, sizeof cp - 1), 0);
    cr_assert_eq(hj212_seal(&sealed, with, plain.data, plain.size), 0);
    receive(rig, sealed.data, sealed.size);
    buf_release(&plain);
    buf_release(&sealed);
}

Test(hj212_session, sealed_uploads)
{
    static const unsigned char other[HJ212_KEY_BYTES] = "another key here";
    struct rig *rig = rig_new();
    say_sealed(rig, "M3", key);
    say_sealed(rig, "M4", key);
    say_sealed(rig, "M3", other);
    say_sealed(rig, "M1", key);
    say_sealed(rig, "M9", key);
    expect_told(rig, "upload:2061 upload:2061 refused:seal_broken refused:no_key "
                     "refused:unknown_mn");
    say(rig, QN "ST=31;CN=2061;MN=M3;Flag=9;CP=&&a1-Avg=1&&");
    say(rig, QN "ST=31;CN=2061;MN=M4;Flag=9;CP=&&a1-Avg=1&&");
    say(rig, QN "ST=91;CN=9015;MN=M3;Flag=9;CP=&&&&");
    expect_told(rig, "refused:not_sealed upload:2061 notice:9015");
    rig_free(rig);
}

/* Notices -------------------------------------------------------------------------------------- */

Test(hj212_session, heartbeats_and_logins)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=91;CN=9015;PW=123456;MN=M1;Flag=9;CP=&&&&");
    say(rig, QN "ST=91;CN=9021;PW=123456;MN=M1;Flag=4;CP=&&&&");
    expect_told(rig, "notice:9015 notice:9021");
    expect_sent(rig, QN "ST=91;CN=9013;PW=123456;MN=M1;Flag=8;CP=&&&&");
    rig_free(rig);
}

Test(hj212_session, a_clock_is_set_on_request)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=31;CN=1013;PW=123456;MN=M1;Flag=5;CP=&&PolId=w01018;"
                "SystemTime=20261124015500&&");
    expect_told(rig, "notice:1013");
    expect_sent(rig, QN "ST=91;CN=9013;PW=123456;MN=M1;Flag=4;CP=&&&& "
                        "QN=20261124020000000;ST=31;CN=1012;PW=123456;MN=M1;Flag=5;"
                        "CP=&&PolId=w01018;SystemTime=20261124020000&&");
    say(rig, "QN=20261124020000000;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&");
    say(rig, "QN=20261124020000000;ST=91;CN=9012;PW=123456;MN=M1;Flag=4;CP=&&ExeRtn=1&&");
    expect_told(rig, "done:1");
    rig_free(rig);
}

Test(hj212_session, clocks_are_left_alone_where_told)
{
    struct rig *rig = rig_new();
    rig->options.sets_clocks = false;
    say(rig, QN "ST=31;CN=1013;PW=123456;MN=M1;Flag=5;CP=&&&&");
    expect_sent(rig, QN "ST=91;CN=9013;PW=123456;MN=M1;Flag=4;CP=&&&&");
    rig_free(rig);
}

/* Questions ------------------------------------------------------------------------------------ */

#define ASKED "QN=20261124020000000;ST=31;CN=1011;PW=123456;MN=M1;Flag=5;CP=&&&&"

static struct rig *rig_asking(void)
{
    struct rig *rig = rig_new();
    say(rig, QN "ST=31;CN=2011;PW=123456;MN=M1;Flag=4;CP=&&&&");
    cr_assert_eq(hj212_session_ask(rig->session, "M1", 1011, "", rig->now), 1);
    buf_clear(&rig->told);
    return rig;
}

Test(hj212_session, a_question_accepted_replied_and_done)
{
    struct rig *rig = rig_asking();
    expect_sent(rig, ASKED);
    say(rig, "QN=20261124020000000;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&");
    wait_until(rig, 30 * SECOND_MS);
    expect_sent(rig, ""); /* accepted: not asked again */
    say(rig, "QN=20261124020000000;ST=31;CN=1011;PW=123456;MN=M1;Flag=4;"
             "CP=&&SystemTime=20261124020000&&");
    say(rig, "QN=20261124020000000;ST=91;CN=9012;PW=123456;MN=M1;Flag=4;CP=&&ExeRtn=1&&");
    expect_told(rig, "reply:1011 done:1");
    cr_expect_eq(rig->question, 1);
    wait_until(rig, HOUR_MS);
    expect_told(rig, "");
    rig_free(rig);
}

Test(hj212_session, a_question_is_asked_three_times_more)
{
    struct rig *rig = rig_asking();
    for (int i = 0; i < 4; i++) {
        expect_sent(rig, ASKED);
        wait_until(rig, (i + 1) * 10 * SECOND_MS - 1);
        expect_sent(rig, "");
        expect_told(rig, "");
        wait_until(rig, (i + 1) * 10 * SECOND_MS);
    }
    expect_sent(rig, "");
    expect_told(rig, "no_answer:0 hang_up:silent");
    cr_expect_eq(hj212_session_due(rig->session), INT64_MAX);
    rig_free(rig);
}

Test(hj212_session, a_question_declined_failed_or_left_without_result)
{
    struct rig *rig = rig_asking();
    say(rig, "QN=20261124020000000;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=3&&");
    expect_told(rig, "declined:3");
    cr_expect_eq(hj212_session_ask(rig->session, "M1", 3012, "", rig->now), 2);
    say(rig, "QN=20261124020000001;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&");
    say(rig, "QN=20261124020000001;ST=91;CN=9012;PW=123456;MN=M1;Flag=4;CP=&&ExeRtn=100&&");
    expect_told(rig, "failed:100");
    cr_expect_eq(hj212_session_ask(rig->session, "M1", 3012, "", rig->now), 3);
    say(rig, "QN=20261124020000002;ST=91;CN=9011;PW=123456;MN=M1;Flag=4;CP=&&QnRtn=1&&");
    wait_until(rig, MINUTE_MS - 1);
    expect_told(rig, "");
    wait_until(rig, MINUTE_MS);
    expect_told(rig, "no_result:0");
    rig_free(rig);
}

/* Only the logger that was asked can answer, and loggers of 2005 name the question in the CP. */
Test(hj212_session, who_may_answer)
{
    struct rig *rig = rig_asking();
    say(rig, "QN=20261124020000000;ST=91;CN=9011;PW=123456;MN=M2;Flag=4;CP=&&QnRtn=3&&");
    expect_told(rig, "refused:stray_answer");
    say(rig, "ST=91;CN=9011;PW=123456;MN=M1;CP=&&QN=20261124020000000;QnRtn=1&&");
    say(rig, "ST=91;CN=9012;PW=123456;MN=M1;CP=&&QN=20261124020000000;ExeRtn=1&&");
    expect_told(rig, "done:1");
    rig_free(rig);
}

Test(hj212_session, uploads_that_were_asked_for)
{
    struct rig *rig = rig_asking();
    cr_assert_eq(hj212_session_ask(rig->session, "M1", 2061,
                                   "BeginTime=20261123000000,EndTime=20261123010000", rig->now),
                 2);
    say(rig, "QN=20261124020000001;ST=31;CN=2061;PW=123456;MN=M1;Flag=4;"
             "CP=&&DataTime=20261123000000;a1-Avg=1&&");
    expect_told(rig, "upload:2061");
    cr_expect_eq(rig->question, 2);
    rig_free(rig);
}

Test(hj212_session, so_many_questions_and_no_more)
{
    struct rig *rig = rig_asking();
    for (int i = 2; i <= HJ212_QUESTIONS_MAX; i++)
        cr_assert_eq(hj212_session_ask(rig->session, "M1", 1011, "", rig->now), i);
    cr_expect_eq(hj212_session_ask(rig->session, "M1", 1011, "", rig->now), ERR_LIMIT);
    cr_expect_eq(hj212_session_ask(rig->session, "M9", 1011, "", rig->now), ERR_NOT_FOUND);
    say(rig, "QN=20261124020000000;ST=91;CN=9012;PW=123456;MN=M1;Flag=4;CP=&&ExeRtn=1&&");
    cr_expect_gt(hj212_session_ask(rig->session, "M1", 1011, "", rig->now), 0);
    rig_free(rig);
}

/* Parts ---------------------------------------------------------------------------------------- */

static void say_part(struct rig *rig, int pno, int pnum)
{
    struct buf segment = {0};
    buf_printf(&segment,
               "QN=202611240200000%02d;ST=31;CN=2061;PW=123456;MN=M1;Flag=7;PNUM=%d;PNO=%d;"
               "CP=&&DataTime=20261124010000;a%05d-Avg=1&&",
               pno, pnum, pno, pno);
    say(rig, buf_str(&segment));
    buf_release(&segment);
}

Test(hj212_session, each_part_is_answered_and_the_missing_noticed)
{
    struct rig *rig = rig_new();
    say_part(rig, 2, 3);
    cr_expect(hj212_session_durable(rig->session, rig->token));
    expect_sent(rig, "QN=20261124020000002;ST=91;CN=9014;PW=123456;MN=M1;Flag=4;CP=&&&&");
    say_part(rig, 2, 3);
    say_part(rig, 1, 3);
    wait_until(rig, 5 * MINUTE_MS - 1);
    expect_told(rig, "upload:2061 upload:2061 upload:2061");
    wait_until(rig, 5 * MINUTE_MS);
    expect_told(rig, "incomplete:M1/2061/20261124010000:3/3");
    for (int pno = 3; pno > 0; pno--)
        say_part(rig, pno, 3);
    wait_until(rig, HOUR_MS);
    expect_told(rig, "upload:2061 upload:2061 upload:2061");
    rig_free(rig);
}

Test(hj212_session, parts_beyond_what_is_kept_are_taken_all_the_same)
{
    struct rig *rig = rig_new();
    say_part(rig, 1, HJ212_PNUM_MAX + 1);
    buf_clear(&rig->told);
    cr_expect_neq(rig->token, 0);
    for (int pnum = 2; pnum < 2 + HJ212_PARTS_MAX; pnum++)
        say_part(rig, 1, pnum);
    buf_clear(&rig->told);
    say_part(rig, 1, 100);
    expect_told(rig, "incomplete:M1/2061/20261124010000:0/100 upload:2061");
    rig_free(rig);
}

/* Bad lines ------------------------------------------------------------------------------------ */

Test(hj212_session, a_frame_that_drips_in_is_given_up)
{
    static const char frame[] = "##0101QN=20160801085857223";
    struct rig *rig = rig_new();
    for (size_t i = 0; i < sizeof frame - 1 && buf_str(&rig->told)[0] == '\0'; i++) {
        wait_until(rig, (span_ms)i * 5 * SECOND_MS);
        receive(rig, frame + i, 1);
    }
    expect_told(rig, "hang_up:slow");
    cr_expect_leq(rig->now, START + 15 * SECOND_MS);
    rig_free(rig);
}

Test(hj212_session, what_is_whole_behind_a_lie_is_taken_at_the_deadline)
{
    struct rig *rig = rig_new();
    receive(rig, "##0900x", 7);
    struct buf frame = {0};
    buf_printf(&frame, "##%04zu%s%04X", strlen(HOUR), HOUR, hj212_crc(HOUR, strlen(HOUR)));
    receive(rig, frame.data, frame.size);
    expect_told(rig, "");
    wait_until(rig, 10 * SECOND_MS);
    expect_told(rig, "refused:broken upload:2061");
    buf_release(&frame);
    rig_free(rig);
}

Test(hj212_session, silence_and_noise)
{
    struct rig *rig = rig_new();
    rig->options.silent_at_most = 10 * MINUTE_MS;
    say(rig, HOUR);
    wait_until(rig, 9 * MINUTE_MS);
    receive(rig, "x", 1); /* noise is no sign of life */
    say(rig, QN "ST=31;CN=2061;PW=1;MN=M1;Flag=5;CP=&&&&");
    wait_until(rig, 10 * MINUTE_MS - 1);
    expect_told(rig, "upload:2061 refused:wrong_password");
    wait_until(rig, 10 * MINUTE_MS);
    expect_told(rig, "hang_up:silent");
    rig_free(rig);
    rig = rig_new();
    char *noise = calloc(1, 40000);
    receive(rig, noise, 40000);
    say(rig, HOUR);
    receive(rig, noise, 40000);
    expect_told(rig, "upload:2061");
    receive(rig, noise, 40000);
    expect_told(rig, "hang_up:noisy");
    free(noise);
    rig_free(rig);
}

/* Nothing a peer can send makes a session do more than refuse: a stream of everything, in pieces of
 * every size, with the clock running. */
Test(hj212_session, anything_in_any_pieces)
{
    uint32_t seed = 9014;
    struct rig *rig = rig_new();
    struct buf stream = {0};
    static const char *const bits[] = {
        "##",      "0101",       "QN=1;",  "CN=2061;", "MN=M1;",  "MN=M3;",
        "CP=&&",   "&&",         "{0xE4,", "\r\n",     "a=1;",    "PNUM=3;PNO=1;",
        "Flag=7;", "PW=123456;", "1C80",   "\xd0\xa3", "CN=9011;"};
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        buf_puts(&stream, bits[(seed >> 16) % (sizeof bits / sizeof *bits)]);
    }
    for (size_t at = 0, piece; at < stream.size; at += piece) {
        seed = seed * 1664525 + 1013904223;
        piece = 1 + (seed >> 16) % 700;
        if (piece > stream.size - at)
            piece = stream.size - at;
        receive(rig, stream.data + at, piece);
        wait_until(rig, (span_ms)at);
        buf_clear(&rig->told);
    }
    expect_sent(rig, "");
    buf_release(&stream);
    rig_free(rig);
}
