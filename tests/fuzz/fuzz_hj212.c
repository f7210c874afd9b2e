/* Any bytes as a stream of HJ 212, through framer, parser and session.  The first byte chooses how
 * it is cut and read; whatever the cuts, the same frames must come out; what is read strictly is
 * read leniently to the same end with nothing forgiven, and can be written again; what was sealed
 * opens. */
#include "base/arena.h"
#include "base/buf.h"
#include "model/hj212_frame.h"
#include "model/hj212_reading.h"
#include "shell/hj212_session.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char key[HJ212_KEY_BYTES] = "0000000000000000";

static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_within(struct hj212_text text, struct hj212_text whole)
{
    return text.size == 0 || (text.at >= whole.at && text.at + text.size <= whole.at + whole.size);
}

static void check_values(struct arena *arena, const struct hj212_packet *packet)
{
    struct hj212_reading reading;
    if (hj212_reading_read(arena, packet, 8 * HOUR_MS, &reading) < 0)
        return;
    must(reading.item_count <= packet->pair_count);
    for (uint32_t i = 0; i < reading.item_count; i++) {
        micro value;
        must(is_within(reading.items[i].value, packet->segment));
        must(is_within(reading.items[i].flag, packet->segment));
        (void)hj212_figure_read(reading.items[i].value, &value);
    }
}

static void check_packet(struct arena *arena, const struct hj212_packet *packet)
{
    uint32_t group = 0;
    for (uint32_t i = 0; i < packet->pair_count; i++) {
        must(is_within(packet->pairs[i].key, packet->segment));
        must(is_within(packet->pairs[i].value, packet->segment));
        must(packet->pairs[i].group == group || packet->pairs[i].group == group + 1);
        group = packet->pairs[i].group;
    }
    must(packet->group_count == (packet->pair_count > 0 ? group + 1 : 0));
    check_values(arena, packet);
}

static void check_answer(struct arena *arena, const struct hj212_packet *packet)
{
    struct buf answer = {0};
    struct hj212_packet again;
    struct hj212_problem problem;
    if (hj212_print_answer(&answer, packet, 9014, "") == 0)
        must(hj212_parse(arena, HJ212_LENIENT, answer.data, answer.size, &again, &problem) == 0 &&
             again.command == 9014);
    buf_release(&answer);
}

static void check_seal(struct arena *arena, struct hj212_text text)
{
    struct buf sealed = {0};
    struct hj212_text opened;
    if (!hj212_is_sealed(text.at, text.size) && hj212_seal(&sealed, key, text.at, text.size) == 0) {
        must(hj212_open(arena, key, sealed.data, sealed.size, &opened) == 0);
        must(hj212_text_equal(opened, text));
    }
    buf_release(&sealed);
}

static void check_text(const char *text, size_t size)
{
    struct arena arena = {0};
    struct hj212_packet strict, lenient;
    struct hj212_problem problem = {0};
    struct buf sentence = {0};
    struct hj212_text opened;
    if (hj212_parse(&arena, HJ212_STRICT, text, size, &strict, &problem) == 0) {
        must(hj212_parse(&arena, HJ212_LENIENT, text, size, &lenient, &problem) == 0);
        must(lenient.forgiven == 0 && lenient.pair_count == strict.pair_count);
        check_packet(&arena, &strict);
        check_answer(&arena, &strict);
        check_seal(&arena, strict.text);
    } else if (hj212_parse(&arena, HJ212_LENIENT, text, size, &lenient, &problem) == 0) {
        must(lenient.forgiven != 0);
        check_packet(&arena, &lenient);
    } else {
        must(problem.fault != HJ212_SOUND && problem.at <= size);
        hj212_problem_print(&sentence, &problem);
    }
    (void)hj212_open(&arena, key, text, size, &opened);
    buf_release(&sentence);
    arena_release(&arena);
}

/* What a framer has checked is read as strictly without its length and CRC. */
static void check_checked(struct hj212_text text)
{
    struct arena arena = {0};
    struct hj212_packet once, again;
    struct hj212_problem problem;
    int err = hj212_parse(&arena, HJ212_STRICT, text.at, text.size, &once, &problem);
    must(err == 0 || problem.fault >= HJ212_CONTROL);
    must(hj212_parse(&arena, HJ212_CHECKED, text.at, text.size, &again, &problem) == err);
    must(err < 0 || once.pair_count == again.pair_count);
    arena_release(&arena);
}

static void drain(struct hj212_framer *framer, struct buf *out)
{
    struct hj212_frame frame;
    while (hj212_framer_next(framer, &frame)) {
        must(hj212_framer_waiting(framer) <= 16 << 10);
        check_text(frame.text.at, frame.text.size);
        if (frame.checked)
            check_checked(frame.text);
        buf_putc(out, frame.checked ? '+' : '-');
        buf_add(out, frame.text.at, frame.text.size);
        buf_putc(out, '\n');
    }
}

/* From a copy of just the piece, so that reading beyond it is seen. */
static void play(struct buf *out, const char *bytes, size_t size, size_t step, bool by_line)
{
    struct hj212_framer framer = {.by_line = by_line};
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = size - at < step ? size - at : step;
        char *copy = malloc(piece);
        memcpy(copy, bytes + at, piece);
        hj212_framer_feed(&framer, copy, piece);
        drain(&framer, out);
        free(copy);
    }
    hj212_framer_end(&framer);
    drain(&framer, out);
    must(hj212_framer_waiting(&framer) == 0);
    hj212_framer_release(&framer);
}

/* Sessions ------------------------------------------------------------------------------------- */

/* Everyone is known: whoever would speak is heard. */
static const struct hj212_source *find(void *arg, struct hj212_text mn)
{
    static const struct hj212_source strict = {.mn = "S", .key = key},
                                     lenient = {.mn = "L", .lenient = true};
    (void)arg;
    return mn.size % 2 == 0 ? &strict : &lenient;
}

/* Every other upload becomes durable at once; nothing is told twice in a row without a cause. */
static void told(void *arg, const struct hj212_event *event)
{
    struct hj212_session *session = *(struct hj212_session **)arg;
    must(event->kind != HJ212_REFUSED || event->why != HJ212_WELL);
    must(event->kind != HJ212_UPLOAD || event->packet);
    if (event->token % 2 == 1)
        must(hj212_session_durable(session, event->token));
    if (event->kind == HJ212_NOTICE && event->source)
        (void)hj212_session_ask(session, event->source->mn, 1011, "", 0);
}

static void converse(const char *bytes, size_t size, size_t step)
{
    struct hj212_session *session;
    struct hj212_session_options options = hj212_session_defaults();
    instant_ms now = 0;
    options.find = find;
    options.event = told;
    options.arg = &session;
    session = hj212_session_new(&options, now);
    for (size_t at = 0; at < size; at += step, now += 700) {
        hj212_session_receive(session, bytes + at, size - at < step ? size - at : step, now);
        if (hj212_session_due(session) <= now)
            hj212_session_tick(session, now);
        if (step % 3 == 0)
            hj212_session_sent(session, 50);
    }
    hj212_session_tick(session, now + HOUR_MS);
    hj212_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = {0}, cut = {0};
    if (size == 0)
        return 0;
    size_t step = (size_t)(data[0] >> 1) + 1;
    const char *bytes = (const char *)data + 1;
    play(&whole, bytes, size - 1, size, data[0] & 1);
    play(&cut, bytes, size - 1, step, data[0] & 1);
    must(whole.size == cut.size);
    must(whole.size == 0 || memcmp(whole.data, cut.data, whole.size) == 0);
    check_text(bytes, size - 1);
    converse(bytes, size - 1, step);
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
