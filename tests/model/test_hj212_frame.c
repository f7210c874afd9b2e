/* Streams: every cut, everything that may stand between frames, and lengths that lie. */
#include "base/arena.h"
#include "base/buf.h"
#include "model/hj212_case.h"
#include "model/hj212_frame.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* What came out: frames one after the other, each on its line, unchecked ones behind a '?'. */
static void drain(struct hj212_framer *framer, struct buf *out)
{
    struct hj212_frame frame;
    while (hj212_framer_next(framer, &frame)) {
        buf_puts(out, frame.checked ? "" : "?");
        buf_add(out, frame.text.at, frame.text.size);
        buf_putc(out, '\n');
        cr_assert_leq(hj212_framer_waiting(framer), 2 * HJ212_FRAME_MAX);
    }
}

/* A copy of just these bytes, so that a sanitizer sees what is read beyond them. */
static void feed(struct hj212_framer *framer, const char *bytes, size_t size, struct buf *out)
{
    char *copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    hj212_framer_feed(framer, copy, size);
    drain(framer, out);
    free(copy);
}

static void finish(struct hj212_framer *framer, struct buf *out)
{
    hj212_framer_end(framer);
    drain(framer, out);
    cr_expect_eq(hj212_framer_waiting(framer), 0);
}

/* The stream in pieces of `step` bytes, the first of `first`. */
static void run(struct hj212_framer *framer, const char *bytes, size_t size, size_t first,
                size_t step, struct buf *out)
{
    size_t piece = first;
    for (size_t at = 0; at < size; at += piece, piece = step)
        feed(framer, bytes + at, piece = size - at < piece ? size - at : piece, out);
    finish(framer, out);
}

static void expect_stream(const char *bytes, size_t size, bool by_line, const char *wanted)
{
    static const size_t steps[] = {1, 2, 3, 5, 11, 64, 1000, SIZE_MAX / 2};
    struct hj212_framer framer;
    struct hj212_counts counts = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct buf out = {0};
        framer = (struct hj212_framer){.by_line = by_line};
        run(&framer, bytes, size, steps[i], steps[i], &out);
        cr_expect_str_eq(buf_str(&out), wanted, "in pieces of %zu", steps[i]);
        if (i > 0)
            cr_expect_eq(memcmp(&counts, &framer.counts, sizeof counts), 0,
                         "other counts in pieces of %zu", steps[i]);
        counts = framer.counts;
        hj212_framer_release(&framer);
        buf_release(&out);
    }
}

static void expect_text(const char *text, const char *wanted)
{
    expect_stream(text, strlen(text), false, wanted);
}

#define A                                                                                    \
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;" \
    "CP=&&RtdInterval=30&&1C80"
#define B                                                                                    \
    "##0087QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;" \
    "CP=&&&&BB01"

Test(hj212_frame, every_frame_cut_at_every_byte)
{
    for (int i = 0; i < hj212_sound_count; i++) {
        char *stream, *wanted;
        cr_assert_gt(asprintf(&stream, "%s\r\n", hj212_sound[i]), 0);
        cr_assert_gt(asprintf(&wanted, "%s\n", hj212_sound[i]), 0);
        size_t size = strlen(stream);
        for (size_t cut = 0; cut <= size; cut++) {
            struct hj212_framer framer = {0};
            struct buf out = {0};
            feed(&framer, stream, cut, &out);
            feed(&framer, stream + cut, size - cut, &out);
            cr_assert_str_eq(buf_str(&out), wanted, "frame %d cut at %zu", i, cut);
            cr_assert_eq(framer.counts.noise, 0);
            cr_assert_eq(framer.counts.frames, 1);
            cr_assert_null(framer.kept, "memory is held while nothing is kept");
            hj212_framer_release(&framer);
            buf_release(&out);
        }
        free(stream);
        free(wanted);
    }
}

Test(hj212_frame, glued_with_and_without_line_ends)
{
    expect_text(A B, A "\n" B "\n");
    expect_text(A "\r\n" B "\r\n", A "\n" B "\n");
    expect_text("\r\n\r\n" A "\n\n\n" B A, A "\n" B "\n" A "\n");
}

Test(hj212_frame, noise_before_between_and_behind)
{
    expect_text("http://www.example.cn" A "GET / HTTP/1.1\r\n\r\n" B "##", A "\n" B "\n");
    expect_text("#" A, A "\n");
    expect_text("##" A, A "\n");
    expect_text("###" A "#", A "\n");
    expect_text("##01" A, A "\n");
    expect_text("##0012" A, A "\n");
    expect_text("##12" B, B "\n");
    expect_text("", "");
    expect_text("#", "");
    expect_text("##0101", "");
}

Test(hj212_frame, a_lying_length_hides_nothing)
{
    expect_text("##9999" A "\r\n" B "\r\n", A "\n" B "\n");
    expect_text("##0102" A "\r\n" B "\r\n", A "\n" B "\n");
    expect_text("##0000" A, A "\n");
    expect_text("##0001" A, A "\n");
    expect_text("##1073741824QN=1;" A "\r\n", A "\n");
    /* The length of the first is one too large, one too small: it is lost, the second is not. */
    expect_text("##0102QN=20160801085857223;CP=&&&&1C80\r\n" B "\r\n", B "\n");
    expect_text("##0086" B "\r\n" A "\r\n", B "\n" A "\n");
}

/* With its line end seen, a frame behind a lying length is handed out at once, not 10 KB later. */
Test(hj212_frame, a_lying_length_delays_nothing)
{
    static const char stream[] = "##9999QN=1;ST=22\r\n" A "\r\n";
    struct hj212_framer framer = {0};
    struct buf out = {0};
    feed(&framer, stream, sizeof stream - 1, &out);
    cr_expect_str_eq(buf_str(&out), A "\n");
    cr_expect_eq(framer.counts.cut_short, 1);
    hj212_framer_release(&framer);
    buf_release(&out);
}

/* A frame inside a sound frame is text of that frame: nobody forges a station through a log line.
 */
Test(hj212_frame, a_frame_inside_a_frame_is_its_text)
{
    struct hj212_letter letter = {.mn = hj212_text_of("OUTER"), .flag = 5};
    struct buf stream = {0}, wanted = {0};
    cr_assert_eq(hj212_print(&stream, &letter, "i11001-Info=" A, strlen("i11001-Info=" A)), 0);
    buf_add(&wanted, stream.data, stream.size - 2);
    buf_putc(&wanted, '\n');
    expect_stream(stream.data, stream.size, false, buf_str(&wanted));
    buf_release(&stream);
    buf_release(&wanted);
}

Test(hj212_frame, a_wrong_crc_is_counted_and_passed_over)
{
    static const char stream[] = A "\r\n##0087QN=20261124020000001;ST=91;CN=9014;PW=123456;"
                                   "MN=010000A8900016F000169DC0;Flag=4;CP=&&&&BB02\r\n" B;
    struct hj212_framer framer = {0};
    struct buf out = {0};
    run(&framer, stream, sizeof stream - 1, 7, 7, &out);
    cr_expect_str_eq(buf_str(&out), A "\n" B "\n");
    cr_expect_eq(framer.counts.crc_wrong, 1);
    cr_expect_eq(framer.counts.frames, 2);
    cr_expect_eq(framer.counts.noise, 99); /* all of it and its line end */
    hj212_framer_release(&framer);
    buf_release(&out);
}

Test(hj212_frame, lower_case_crc_and_gbk)
{
    struct hj212_letter letter = {.flag = 5};
    struct buf stream = {0}, wanted = {0};
    const char cp[] = "i11001-Info=\xd0\xa3\xd7\xbc";
    cr_assert_eq(hj212_print(&stream, &letter, cp, sizeof cp - 1), 0);
    for (size_t i = stream.size - 6; i < stream.size - 2; i++)
        if (stream.data[i] >= 'A')
            stream.data[i] |= 0x20;
    buf_add(&wanted, stream.data, stream.size - 2);
    buf_putc(&wanted, '\n');
    expect_stream(stream.data, stream.size, false, buf_str(&wanted));
    buf_release(&stream);
    buf_release(&wanted);
}

Test(hj212_frame, by_line_for_lenient_sources)
{
    static const char stream[] =
        "##81QN=;ST=23;CN=1012;CP=&&SystemTime=20250221141050696&&1DC0\r\n" A "\r\n###" B
        "##0121QN=20250131202809340;CP=&&a=1&&65C0##99";
    expect_stream(stream, sizeof stream - 1, true,
                  "?##81QN=;ST=23;CN=1012;CP=&&SystemTime=20250221141050696&&1DC0\n" A "\n" B "\n"
                  "?##0121QN=20250131202809340;CP=&&a=1&&65C0\n");
}

/* All our frames and all that may stand between, in an order drawn from a seed, cut anyhow: what is
 * sound comes out, in order, and nothing else. */
Test(hj212_frame, long_streams_cut_anyhow)
{
    static const char *const between[] = {"",
                                          "\r\n",
                                          "\r\n",
                                          "\r\n",
                                          "x",
                                          "##",
                                          "##0",
                                          "##0099",
                                          "#",
                                          "\r\n##9999ST=1\r\n",
                                          "\xd6\xd0\xce\xc4",
                                          "http://www.example.cn/##0101QN",
                                          "##0087QN=1;CP=&&&&0000\r\n"};
    uint32_t seed = 2017;
    struct buf stream = {0}, wanted = {0};
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1664525 + 1013904223;
        const char *frame = hj212_sound[(seed >> 16) % (uint32_t)hj212_sound_count];
        buf_puts(&stream, frame);
        buf_puts(&stream, "\r\n");
        buf_puts(&stream, between[(seed >> 20) % (sizeof between / sizeof *between)]);
        buf_printf(&wanted, "%s\n", frame);
    }
    expect_stream(stream.data, stream.size, false, buf_str(&wanted));
    buf_release(&stream);
    buf_release(&wanted);
}

/* Bombs ---------------------------------------------------------------------------------------- */

static long resident_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Megabytes of nothing, of starts, and of endless frames: no more is kept than one frame,
 * and the sound frame at the end is found. */
Test(hj212_frame, endless_input_is_not_kept)
{
    static const char *const bombs[] = {"x", "#", "##9999", "##9999QN=1;CP=&&"};
    long before = resident_kib();
    for (size_t b = 0; b < sizeof bombs / sizeof *bombs; b++) {
        struct buf piece = {0}, out = {0};
        struct hj212_framer framer = {.by_line = b % 2 == 1};
        while (piece.size < 1 << 16)
            buf_puts(&piece, bombs[b]);
        for (int i = 0; i < 80; i++) {
            hj212_framer_feed(&framer, piece.data, piece.size);
            drain(&framer, &out);
            buf_clear(&out);
            cr_assert_leq(framer.kept_room, 16 << 10);
        }
        feed(&framer, "\r\n" A "\r\n", strlen("\r\n" A "\r\n"), &out);
        cr_expect_not_null(strstr(buf_str(&out), A), "after %s", bombs[b]);
        hj212_framer_release(&framer);
        buf_release(&piece);
        buf_release(&out);
    }
    cr_expect_lt(resident_kib() - before, 16 << 10);
}

/* A peer that goes silent in the middle of a frame: what is whole behind it comes out on a word. */
Test(hj212_frame, a_deadline_gives_up_what_is_kept)
{
    struct hj212_framer framer = {0};
    struct buf out = {0};
    feed(&framer, "##0500QN=1;" A, strlen("##0500QN=1;" A), &out);
    cr_expect_eq(out.size, 0);
    cr_expect_eq(hj212_framer_waiting(&framer), strlen("##0500QN=1;" A));
    finish(&framer, &out);
    cr_expect_str_eq(buf_str(&out), A "\n");
    feed(&framer, B, strlen(B), &out);
    cr_expect_str_eq(buf_str(&out), A "\n" B "\n");
    hj212_framer_release(&framer);
    buf_release(&out);
}

/* Real ones ------------------------------------------------------------------------------------ */

struct corpus {
    struct buf stream, wanted;
    int valid;
};

static void add_packet(const json_t *line, void *arg)
{
    struct corpus *corpus = arg;
    const char *packet = json_string_value(json_object_get(line, "packet"));
    buf_printf(&corpus->stream, "%s\r\n", packet);
    if (!json_is_true(json_object_get(line, "valid_strict")))
        return;
    buf_printf(&corpus->wanted, "%s\n", packet);
    corpus->valid++;
}

Test(hj212_frame, the_corpus_as_one_stream)
{
    struct corpus corpus = {.valid = 0};
    if (each_hj212_case("../shared/data/hj212/hj212-corpus.jsonl", add_packet, &corpus) < 0)
        cr_skip_test("../shared/data/hj212 is not here");
    cr_expect_eq(corpus.valid, 141);
    expect_stream(corpus.stream.data, corpus.stream.size, false, buf_str(&corpus.wanted));
    buf_release(&corpus.stream);
    buf_release(&corpus.wanted);
}

static void cut_everywhere(const json_t *line, void *arg)
{
    const char *packet = json_string_value(json_object_get(line, "packet"));
    size_t size = strlen(packet);
    if (!json_is_true(json_object_get(line, "valid_strict")))
        return;
    for (size_t cut = 0; cut <= size; cut++) {
        struct hj212_framer framer = {0};
        struct buf out = {0};
        feed(&framer, packet, cut, &out);
        feed(&framer, packet + cut, size - cut, &out);
        cr_assert_eq(out.size, size + 1, "%s cut at %zu", packet, cut);
        cr_assert_eq(memcmp(out.data, packet, size), 0);
        hj212_framer_release(&framer);
        buf_release(&out);
        ++*(long *)arg;
    }
}

Test(hj212_frame, the_corpus_cut_at_every_byte)
{
    long cuts = 0;
    if (each_hj212_case("../shared/data/hj212/hj212-corpus.jsonl", cut_everywhere, &cuts) < 0)
        cr_skip_test("../shared/data/hj212 is not here");
    cr_expect_gt(cuts, 20000);
}
