/* One packet: ours with every fault and every forgiven habit, and those that others have sent. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/lang.h"
#include "model/hj212_case.h"
#include <criterion/criterion.h>
#include <string.h>

struct reading {
    struct arena arena;
    struct hj212_packet packet;
    struct hj212_problem problem;
    int err;
};

static struct reading parse(enum hj212_mode mode, const char *text, size_t size)
{
    struct reading reading = {.err = 1};
    reading.err = hj212_parse(&reading.arena, mode, text, size, &reading.packet, &reading.problem);
    return reading;
}

static const char *text_of(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

/* Ours ----------------------------------------------------------------------------------------- */

static void expect_read(const struct reading *reading, const json_t *line, const char *how)
{
    const char *name = text_of(line, "name");
    cr_expect_eq(reading->err, 0, "%s: refused (%s): %s", name, how,
                 hj212_fault_word(reading->problem.fault));
    if (reading->err < 0)
        return;
    cr_expect(hj212_header_is(&reading->packet, json_object_get(line, "header")),
              "%s: another header (%s)", name, how);
    cr_expect(hj212_groups_are(&reading->packet, json_object_get(line, "cp")),
              "%s: other groups (%s)", name, how);
}

static void expect_fault(const struct reading *reading, const json_t *line, const char *key)
{
    struct buf sentence = {0};
    cr_expect_lt(reading->err, 0, "%s: read", text_of(line, "name"));
    if (reading->err == 0)
        return;
    cr_expect_str_eq(hj212_fault_word(reading->problem.fault), text_of(line, key), "%s",
                     text_of(line, "name"));
    hj212_problem_print(&sentence, &reading->problem);
    cr_expect_gt(sentence.size, 10);
    buf_release(&sentence);
}

static void expect_forgiven(const struct reading *reading, const json_t *line)
{
    size_t i, words = 0;
    const json_t *word;
    for (int bit = 0; bit < HJ212_FORGIVEN_COUNT; bit++) {
        if (!(reading->packet.forgiven >> bit & 1))
            continue;
        bool found = false;
        json_array_foreach(json_object_get(line, "forgiven"), i, word)
        {
            found |= strcmp(json_string_value(word), hj212_forgiven_word(bit)) == 0;
        }
        cr_expect(found, "%s: forgave %s too", text_of(line, "name"), hj212_forgiven_word(bit));
        words++;
    }
    cr_expect_eq(words, json_array_size(json_object_get(line, "forgiven")), "%s",
                 text_of(line, "name"));
}

static void check_ours(const json_t *line, void *arg)
{
    const char *packet = text_of(line, "packet");
    struct reading strict = parse(HJ212_STRICT, packet, strlen(packet));
    struct reading lenient = parse(HJ212_LENIENT, packet, strlen(packet));
    int *kinds = arg;
    if (!json_object_get(line, "fault")) {
        kinds[0]++;
        expect_read(&strict, line, "strictly");
        expect_read(&lenient, line, "leniently");
        cr_expect_eq(lenient.packet.forgiven, 0);
    } else if (json_object_get(line, "forgiven")) {
        kinds[1]++;
        expect_fault(&strict, line, "fault");
        expect_read(&lenient, line, "leniently");
        expect_forgiven(&lenient, line);
    } else {
        kinds[2]++;
        expect_fault(&strict, line, "fault");
        expect_fault(&lenient, line, "lenient_fault");
    }
    arena_release(&strict.arena);
    arena_release(&lenient.arena);
}

Test(hj212_parse, our_packets_with_every_fault)
{
    int kinds[3] = {0, 0, 0};
    int count = each_hj212_case("tests/model/hj212/packets.jsonl", check_ours, kinds);
    cr_assert_eq(count, kinds[0] + kinds[1] + kinds[2]);
    cr_expect_geq(kinds[0], 20);
    cr_expect_geq(kinds[1], 18);
    cr_expect_geq(kinds[2], 9);
}

Test(hj212_parse, faults_in_chinese_too)
{
    int kinds[3] = {0, 0, 0};
    lang_set(LANG_ZH);
    cr_expect_gt(each_hj212_case("tests/model/hj212/packets.jsonl", check_ours, kinds), 0);
}

/* Theirs --------------------------------------------------------------------------------------- */

static void check_theirs(const json_t *line, void *arg)
{
    const char *packet = text_of(line, "packet"), *id = text_of(line, "id");
    const json_t *parsed = json_object_get(line, "parsed");
    const json_t *flag = json_object_get(parsed, "flag");
    struct reading reading = parse(HJ212_STRICT, packet, strlen(packet));
    bool valid = json_is_true(json_object_get(line, "valid_strict"));
    int *valid_count = arg;
    cr_expect_eq(reading.err == 0, valid, "%s: %s", id, hj212_fault_word(reading.problem.fault));
    if (reading.err == 0) {
        const struct hj212_packet *read = &reading.packet;
        cr_expect(hj212_header_is(read, json_object_get(parsed, "header")), "%s", id);
        cr_expect(hj212_groups_are(read, json_object_get(parsed, "cp_groups")), "%s", id);
        cr_expect_eq(read->flag,
                     json_is_null(flag) ? -1 : json_integer_value(json_object_get(flag, "value")));
        if (json_is_object(flag)) {
            cr_expect_eq(hj212_version(read),
                         json_integer_value(json_object_get(flag, "version_bits")), "%s", id);
            cr_expect_eq(hj212_wants_answer(read), json_is_true(json_object_get(flag, "need_ack")),
                         "%s", id);
        }
        ++*valid_count;
    }
    arena_release(&reading.arena);
}

Test(hj212_parse, packets_of_the_standard_and_of_real_loggers)
{
    int valid = 0;
    int count = each_hj212_case("../shared/data/hj212/hj212-corpus.jsonl", check_theirs, &valid);
    if (count < 0)
        cr_skip_test("../shared/data/hj212 is not here");
    cr_expect_eq(count, 152);
    cr_expect_eq(valid, 141);
}

/* Fields --------------------------------------------------------------------------------------- */

Test(hj212_parse, fields_of_the_header)
{
    const char *text = hj212_sound[0];
    struct reading reading = parse(HJ212_STRICT, text, strlen(text));
    const struct hj212_packet *packet = &reading.packet;
    cr_assert_eq(reading.err, 0);
    cr_expect(hj212_text_is(packet->qn, "20160801085857223"));
    cr_expect(hj212_text_is(packet->st, "32"));
    cr_expect(hj212_text_is(packet->pw, "100000"));
    cr_expect(hj212_text_is(packet->mn, "010000A8900016F000169DC0"));
    cr_expect_eq(packet->command, 1062);
    cr_expect_eq(packet->flag, 5);
    cr_expect_eq(hj212_version(packet), HJ212_2017);
    cr_expect(hj212_wants_answer(packet));
    cr_expect_not(hj212_is_part(packet));
    cr_expect(hj212_text_is(hj212_value(packet, "RtdInterval"), "30"));
    cr_expect_eq(hj212_value(packet, "MinInterval").size, 0);
    arena_release(&reading.arena);
}

/* A packet with this header, sound in frame and CRC. */
static struct reading parse_header(struct buf *buf, const char *header)
{
    buf_clear(buf);
    buf_printf(buf, "##%04zu%sCP=&&&&", strlen(header) + 7, header);
    buf_printf(buf, "%04X", hj212_crc(buf->data + 6, buf->size - 6));
    return parse(HJ212_STRICT, buf->data, buf->size);
}

Test(hj212_parse, flags_and_parts)
{
    static const struct {
        const char *header;
        int flag, version;
        bool answer, part;
    } cases[] = {
        {"", -1, HJ212_2005, false, false},
        {"Flag=0;", 0, HJ212_2005, false, false},
        {"Flag=3;", 3, HJ212_2005, true, false}, /* bit D out of habit */
        {"Flag=4;", 4, HJ212_2017, false, false},
        {"Flag=5;", 5, HJ212_2017, true, false},
        {"Flag=7;PNUM=2;PNO=1;", 7, HJ212_2017, true, true},
        {"Flag=7;PNUM=2;PNO=3;", 7, HJ212_2017, true, false},
        {"Flag=7;PNUM=1;PNO=1;", 7, HJ212_2017, true, false},
        {"PNO=0002;PNUM=0002;", -1, HJ212_2005, false, true},
        {"Flag=9;", 9, HJ212_2025, true, false},
        {"Flag=11;PNUM=3;PNO=3;", 11, HJ212_2025, true, true},
        {"Flag=255;", 255, HJ212_2025, true, false},
        {"Flag=256;", -1, HJ212_2005, false, false},
        {"Flag=;", -1, HJ212_2005, false, false},
        {"Flag=x;", -1, HJ212_2005, false, false},
    };
    struct buf buf = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = parse_header(&buf, cases[i].header);
        cr_assert_eq(reading.err, 0, "%s", cases[i].header);
        cr_expect_eq(reading.packet.flag, cases[i].flag, "%s", cases[i].header);
        cr_expect_eq((int)hj212_version(&reading.packet), cases[i].version, "%s", cases[i].header);
        cr_expect_eq(hj212_wants_answer(&reading.packet), cases[i].answer, "%s", cases[i].header);
        cr_expect_eq(hj212_is_part(&reading.packet), cases[i].part, "%s", cases[i].header);
        arena_release(&reading.arena);
    }
    buf_release(&buf);
}

Test(hj212_parse, gbk_in_the_cp)
{
    static const char cp[] = "i11001-Info=\xd0\xa3\xd7\xbc,i11001-Flag=N;i12001-Info=\x95\x5c";
    struct hj212_letter letter = {.flag = 5};
    struct buf buf = {0};
    cr_assert_eq(hj212_print(&buf, &letter, cp, sizeof cp - 1), 0);
    struct reading reading = parse(HJ212_STRICT, buf.data, buf.size);
    cr_assert_eq(reading.err, 0);
    cr_expect_eq(reading.packet.group_count, 2);
    cr_expect(hj212_text_is(reading.packet.pairs[0].value, "\xd0\xa3\xd7\xbc"));
    cr_expect(hj212_text_is(reading.packet.pairs[2].value, "\x95\x5c"));
    arena_release(&reading.arena);
    buf_release(&buf);
}

/* Checksums ------------------------------------------------------------------------------------ */

/* Annex A as it is printed, bit by bit. */
static unsigned annex_a(const unsigned char *bytes, size_t size)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 8) ^ bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

Test(hj212_parse, crc_is_annex_a_at_every_length)
{
    unsigned char bytes[300];
    uint32_t seed = 212;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
    for (size_t from = 0; from < 9; from++)
        for (size_t size = 0; from + size <= sizeof bytes; size++)
            cr_assert_eq(hj212_crc(bytes + from, size), annex_a(bytes + from, size), "%zu+%zu",
                         from, size);
    cr_expect_eq(hj212_crc("123456789", 9), 0x2F80);
    cr_expect_eq(hj212_crc_modbus("123456789", 9), 0x4B37);
}
