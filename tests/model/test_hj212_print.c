/* Packets written, answered, dealt out to parts, sealed and opened. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/hj212_case.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE = 8 * HOUR_MS };

static struct hj212_packet parse(struct arena *arena, const char *text, size_t size)
{
    struct hj212_packet packet = {0};
    struct hj212_problem problem;
    int err = hj212_parse(arena, HJ212_STRICT, text, size, &packet, &problem);
    cr_assert_eq(err, 0, "%s: %.*s", err < 0 ? hj212_fault_word(problem.fault) : "", (int)size,
                 text);
    return packet;
}

Test(hj212_print, the_standards_own_sample)
{
    struct buf buf = {0};
    struct hj212_letter letter = {.qn = hj212_text_of("20160801085857223"),
                                  .st = hj212_text_of("32"),
                                  .cn = hj212_text_of("1062"),
                                  .pw = hj212_text_of("100000"),
                                  .mn = hj212_text_of("010000A8900016F000169DC0"),
                                  .flag = 5};
    cr_assert_eq(hj212_print(&buf, &letter, "RtdInterval=30", 14), 0);
    buf.data[buf.size - 2] = '\0';
    cr_expect_str_eq(buf.data, hj212_sound[0]);
    buf_release(&buf);
}

Test(hj212_print, no_more_than_four_digits_can_say)
{
    struct buf buf = {0};
    struct hj212_letter letter = {.flag = -1};
    char *cp = calloc(1, 10000);
    memset(cp, 'a', 10000);
    cp[1] = '=';
    buf_puts(&buf, "before");
    cr_expect_eq(hj212_print(&buf, &letter, cp, 9993), ERR_LIMIT);
    cr_expect_str_eq(buf_str(&buf), "before");
    cr_expect_eq(hj212_print(&buf, &letter, cp, 9992), 0);
    struct arena arena = {0};
    cr_expect_eq(parse(&arena, buf.data + 6, buf.size - 6).segment.size, 9999);
    arena_release(&arena);
    buf_release(&buf);
    free(cp);
}

/* Answers -------------------------------------------------------------------------------------- */

static void expect_answer(const char *request, int command, const char *cp, const char *wanted)
{
    struct arena arena = {0};
    struct buf sent = {0}, answer = {0};
    buf_printf(&sent, "##%04zu%s", strlen(request), request);
    buf_printf(&sent, "%04X", hj212_crc(request, strlen(request)));
    struct hj212_packet packet = parse(&arena, sent.data, sent.size);
    cr_assert_eq(hj212_print_answer(&answer, &packet, command, cp), 0);
    struct hj212_packet read = parse(&arena, answer.data, answer.size);
    char *segment = arena_strndup(&arena, read.segment.at, read.segment.size);
    cr_expect_str_eq(segment, wanted);
    buf_release(&sent);
    buf_release(&answer);
    arena_release(&arena);
}

Test(hj212_print, answers_keep_the_question_number)
{
    expect_answer("QN=20261124020000001;ST=22;CN=2061;PW=1;MN=M;Flag=5;CP=&&a1-Avg=1&&", 9014, "",
                  "QN=20261124020000001;ST=91;CN=9014;PW=1;MN=M;Flag=4;CP=&&&&");
    expect_answer("QN=20261124020000001;ST=22;CN=2061;PW=1;MN=M;Flag=7;PNUM=2;PNO=1;CP=&&&&", 9014,
                  "", "QN=20261124020000001;ST=91;CN=9014;PW=1;MN=M;Flag=4;CP=&&&&");
    expect_answer("QN=20261124020000001;ST=91;CN=9015;PW=1;MN=M;Flag=9;CP=&&&&", 9013, "",
                  "QN=20261124020000001;ST=91;CN=9013;PW=1;MN=M;Flag=8;CP=&&&&");
    expect_answer("QN=20261124020000001;ST=22;CN=1011;PW=1;MN=M;Flag=5;CP=&&&&", 9011, "QnRtn=1",
                  "QN=20261124020000001;ST=91;CN=9011;PW=1;MN=M;Flag=4;CP=&&QnRtn=1&&");
    expect_answer("QN=20261124020000001;ST=22;CN=1011;PW=1;MN=M;Flag=5;CP=&&&&", 9012, "ExeRtn=1",
                  "QN=20261124020000001;ST=91;CN=9012;PW=1;MN=M;Flag=4;CP=&&ExeRtn=1&&");
}

Test(hj212_print, answers_of_the_edition_of_2005)
{
    expect_answer("QN=20261124020000001;ST=22;CN=2051;PW=1;MN=M;Flag=1;CP=&&a1-Avg=1&&", 9014, "",
                  "QN=20261124020000001;ST=91;CN=9014;PW=1;MN=M;Flag=0;"
                  "CP=&&QN=20261124020000001;CN=2051&&");
    expect_answer("ST=22;CN=2011;PW=1;MN=M;CP=&&a1-Rtd=1&&", 9014, "",
                  "ST=91;CN=9014;PW=1;MN=M;CP=&&CN=2011&&");
    expect_answer("QN=20261124020000001;ST=22;CN=1011;PW=1;MN=M;Flag=1;CP=&&&&", 9011, "QnRtn=1",
                  "QN=20261124020000001;ST=91;CN=9011;PW=1;MN=M;Flag=0;"
                  "CP=&&QN=20261124020000001;QnRtn=1&&");
}

/* Parts ---------------------------------------------------------------------------------------- */

/* Deals out `count` groups behind a DataTime; the groups found again, in order. */
static int deal_and_read(int count, size_t cp_max, int *ret_groups)
{
    struct arena arena = {0};
    struct buf cp = {0}, sent = {0};
    struct hj212_letter letter = {.cn = hj212_text_of("2061"), .flag = 5};
    buf_puts(&cp, "DataTime=20261124010000");
    for (int i = 0; i < count; i++)
        buf_printf(&cp, ";a%05d-Avg=%d,a%05d-Flag=N", i, i, i);
    int parts = hj212_print_parts(&sent, &letter, 1795449600999, ZONE, cp.data, cp.size, cp_max);
    char *at = sent.data;
    *ret_groups = 0;
    for (int part = 1; part <= parts; part++) {
        char *end = strstr(at, "\r\n"), wanted[40];
        struct hj212_packet packet = parse(&arena, at, (size_t)(end - at));
        cr_expect(hj212_text_is(hj212_value(&packet, "DataTime"), "20261124010000"));
        cr_expect_leq(packet.segment.size, cp_max + 120);
        snprintf(wanted, sizeof wanted, "20261124000%03d%03d", part == 1 ? 0 : 1,
                 part == 1 ? 999 : part - 2);
        cr_expect(hj212_text_is(packet.qn, wanted), "%.*s, not %s", 17, packet.qn.at, wanted);
        cr_expect_eq(packet.pnum, parts > 1 ? parts : 0);
        cr_expect_eq(packet.pno, parts > 1 ? part : 0);
        cr_expect_eq(packet.flag, parts > 1 ? 7 : 5);
        for (uint32_t i = 1; i < packet.pair_count; i += 2, ++*ret_groups) {
            snprintf(wanted, sizeof wanted, "a%05d-Avg", *ret_groups);
            cr_expect(hj212_text_is(packet.pairs[i].key, wanted));
        }
        at = end + 2;
    }
    buf_release(&cp);
    buf_release(&sent);
    arena_release(&arena);
    return parts;
}

Test(hj212_print, parts_hold_whole_groups)
{
    int groups;
    cr_expect_eq(deal_and_read(3, 950, &groups), 1);
    cr_expect_eq(groups, 3);
    cr_expect_eq(deal_and_read(100, 950, &groups), 4);
    cr_expect_eq(groups, 100);
    cr_expect_eq(deal_and_read(20, 60, &groups), 20);
    cr_expect_eq(groups, 20);
    cr_expect_eq(deal_and_read(20, 40, &groups), ERR_LIMIT);
}

/* SM4 ------------------------------------------------------------------------------------------ */

/* "The key is sixteen times 0x30", says annex A.2, whose sample begins DataTime=20240520… and is
 * printed {0xE4,0x3E,…. */
static const unsigned char annex_key[HJ212_KEY_BYTES] = {
    0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30};

static void seal(struct buf *plain, struct buf *sealed, const char *cp)
{
    struct hj212_letter letter = {.cn = hj212_text_of("2011"), .mn = hj212_text_of("M"), .flag = 9};
    buf_clear(plain);
    buf_clear(sealed);
    cr_assert_eq(hj212_print(plain, &letter, cp, strlen(cp)), 0);
    cr_assert_eq(hj212_seal(sealed, annex_key, plain->data, plain->size), 0);
}

Test(hj212_print, the_cipher_is_that_of_the_standard)
{
    struct buf plain = {0}, sealed = {0};
    seal(&plain, &sealed, "DataTime=20240520210600;a34013-Rtd=12.34,a34013-Flag=N");
    cr_expect_not_null(strstr(sealed.data, "CP=&&{0xE4,0x3E,0x15,"), "%s", sealed.data);
    cr_expect_not_null(strstr(sealed.data, "}Flag=N&&"), "%s", sealed.data);
    buf_release(&plain);
    buf_release(&sealed);
}

Test(hj212_print, what_is_sealed_can_be_opened)
{
    static const char *const cps[] = {
        "", "a=1", "a1234567890123=1", "a123456789012=12;",
        "DataTime=20240520210600;a34013-Rtd=12.34,a34013-Flag=N;a01001-Rtd=1,a01001-Flag=N"};
    struct arena arena = {0};
    struct buf plain = {0}, sealed = {0};
    for (size_t i = 0; i < sizeof cps / sizeof *cps; i++) {
        struct hj212_text opened;
        seal(&plain, &sealed, cps[i]);
        cr_expect(hj212_is_sealed(sealed.data, sealed.size));
        cr_expect_not(hj212_is_sealed(plain.data, plain.size));
        cr_assert_eq(hj212_open(&arena, annex_key, sealed.data, sealed.size, &opened), 0, "%s",
                     cps[i]);
        cr_expect_eq(opened.size, plain.size - 2);
        cr_expect_eq(memcmp(opened.at, plain.data, opened.size), 0, "%.*s", (int)opened.size,
                     opened.at);
        parse(&arena, opened.at, opened.size);
        /* The length may count what travels, as some have it. */
        char digits[8];
        snprintf(digits, sizeof digits, "%04zu", sealed.size - 12);
        memcpy(sealed.data + 2, digits, 4);
        cr_assert_eq(hj212_open(&arena, annex_key, sealed.data, sealed.size, &opened), 0);
        parse(&arena, opened.at, opened.size);
    }
    buf_release(&plain);
    buf_release(&sealed);
    arena_release(&arena);
}

Test(hj212_print, a_wrong_key_or_a_torn_seal_is_refused)
{
    static const unsigned char other[HJ212_KEY_BYTES] = "another key here";
    struct arena arena = {0};
    struct buf plain = {0}, sealed = {0};
    struct hj212_text opened;
    struct hj212_packet packet;
    struct hj212_problem problem;
    seal(&plain, &sealed, "DataTime=20240520210600;a34013-Rtd=12.34,a34013-Flag=N");
    cr_assert_eq(hj212_open(&arena, other, sealed.data, sealed.size, &opened), 0);
    cr_expect_lt(hj212_parse(&arena, HJ212_STRICT, opened.at, opened.size, &packet, &problem), 0);
    cr_expect_eq(hj212_open(&arena, annex_key, plain.data, plain.size, &opened), ERR_SYNTAX);
    for (size_t size = 0; size < sealed.size - 2; size++) /* cut anywhere: nothing is read beyond */
        if (hj212_open(&arena, annex_key, sealed.data, size, &opened) == 0)
            cr_expect_lt(
                hj212_parse(&arena, HJ212_STRICT, opened.at, opened.size, &packet, &problem), 0);
    *strstr(sealed.data, "0xE4") = '1';
    cr_expect_eq(hj212_open(&arena, annex_key, sealed.data, sealed.size, &opened), ERR_SYNTAX);
    buf_release(&plain);
    buf_release(&sealed);
    arena_release(&arena);
}

Test(hj212_print, which_commands_are_sealed)
{
    static const int sealed[] = {2000, 2011, 2061, 2999, 1014, 3020};
    static const int plain[] = {1011, 1999, 3000, 3019, 9014, -1};
    for (size_t i = 0; i < sizeof sealed / sizeof *sealed; i++)
        cr_expect(hj212_seals(sealed[i]), "%d", sealed[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        cr_expect_not(hj212_seals(plain[i]), "%d", plain[i]);
}
