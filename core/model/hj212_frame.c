/* The window is what is kept, or, when nothing is, the input itself: a burst of whole frames is
 * looked at where it lies, and only the piece of a frame at its end is copied. */
#include "model/hj212_frame.h"
#include "base/xalloc.h"
#include "model/hj212_inner.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREFIX = 6, /* ## and the length */
    CRC = 4,
    LINE_MIN = 2 + CRC, /* a shorter line is no packet by any reading */
    LINE_MAX = HJ212_FRAME_MAX,
    LINE_STEP = 256,
    ROOM_MIN = 1 << 10,
    ROOM_MAX = 16 << 10, /* more than one frame or line ever wants */
};

/* What stands at the beginning of the window. */
enum verdict {
    VERDICT_MORE,  /* not to be said before the window has framer->wanted bytes */
    VERDICT_FRAME, /* `used` bytes of a strict frame */
    VERDICT_LINE,  /* `used` bytes, from ## to where its line ends */
    VERDICT_NOISE, /* `used` bytes that belong to no frame */
};
struct window {
    const char *text;
    size_t size, used;
};

static struct window window_of(const struct hj212_framer *framer)
{
    if (framer->kept)
        return (struct window){framer->kept + framer->kept_from,
                               framer->kept_to - framer->kept_from, 0};
    return (struct window){framer->input, framer->input_size, 0};
}

/* Judging -------------------------------------------------------------------------------------- */

static enum verdict more(struct hj212_framer *framer, size_t wanted)
{
    framer->wanted = (uint32_t)wanted;
    return VERDICT_MORE;
}

static enum verdict noise(struct window *window, size_t used)
{
    window->used = used;
    return VERDICT_NOISE;
}

/* The first line end in the first `size` bytes, or `size`.  What was looked at is not looked at
 * again, so that bytes may drip in one by one. */
static size_t line_end(struct hj212_framer *framer, const char *text, size_t size)
{
    if (framer->seen >= size)
        return size;
    const char *end = memchr(text + framer->seen, '\n', size - framer->seen);
    size_t there = end ? (size_t)(end - text) : size;
    end = memchr(text + framer->seen, '\r', there - framer->seen);
    framer->seen = (uint32_t)(end ? (size_t)(end - text) : there);
    return framer->seen;
}

/* No strict frame begins here.  By line: everything to the line end or to the next ##. */
static enum verdict judge_line(struct hj212_framer *framer, struct window *window)
{
    if (!framer->by_line)
        return noise(window, 1);
    size_t limit = window->size < LINE_MAX ? window->size : LINE_MAX;
    size_t end = line_end(framer, window->text, limit);
    const char *next = memmem(window->text + 1, end - 1, "##", 2);
    if (next)
        end = (size_t)(next - window->text);
    else if (end == LINE_MAX)
        return noise(window, 1);
    else if (end == window->size && !framer->ending)
        return more(framer, window->size + LINE_STEP);
    if (end < LINE_MIN)
        return noise(window, end);
    window->used = end;
    return VERDICT_LINE;
}

static enum verdict judge_frame(struct hj212_framer *framer, struct window *window, size_t whole)
{
    const char *text = window->text, *crc_at = text + whole - CRC;
    int crc = hj212_hex(crc_at);
    if (crc_at[-1] != '&' || crc_at[-2] != '&' || crc < 0) {
        framer->counts.cut_short++;
        return judge_line(framer, window);
    }
    if (hj212_crc(text + PREFIX, whole - PREFIX - CRC) != (unsigned)crc) {
        framer->counts.crc_wrong++;
        return judge_line(framer, window);
    }
    window->used = whole;
    return VERDICT_FRAME;
}

/* The window begins with ##. */
static enum verdict judge_start(struct hj212_framer *framer, struct window *window)
{
    size_t length = 0;
    for (size_t i = 2; i < PREFIX && i < window->size; i++) {
        if (window->text[i] < '0' || window->text[i] > '9')
            return judge_line(framer, window);
        length = length * 10 + (size_t)(window->text[i] - '0');
    }
    if (window->size < PREFIX)
        return framer->ending ? judge_line(framer, window) : more(framer, PREFIX);
    size_t whole = PREFIX + length + CRC, there = window->size < whole ? window->size : whole;
    if (line_end(framer, window->text, there) < there) {
        framer->counts.cut_short++;
        return judge_line(framer, window);
    }
    if (window->size < whole)
        return framer->ending ? judge_line(framer, window) : more(framer, whole);
    if (length < 2)
        return judge_line(framer, window);
    return judge_frame(framer, window, whole);
}

static enum verdict judge(struct hj212_framer *framer, struct window *window)
{
    const char *text = window->text;
    if (framer->after_frame && (text[0] == '\r' || text[0] == '\n')) {
        window->used = 1;
        return VERDICT_NOISE;
    }
    const char *hash = memchr(text, '#', window->size);
    if (!hash)
        return noise(window, window->size);
    if (hash > text)
        return noise(window, (size_t)(hash - text));
    if (window->size < 2)
        return framer->ending ? noise(window, 1) : more(framer, PREFIX);
    return text[1] == '#' ? judge_start(framer, window) : noise(window, 1);
}

/* Keeping -------------------------------------------------------------------------------------- */

static void make_room(struct hj212_framer *framer, size_t wanted)
{
    uint32_t size = framer->kept_to - framer->kept_from;
    if (framer->kept_from > 0 && framer->kept_room - framer->kept_to < wanted) {
        memmove(framer->kept, framer->kept + framer->kept_from, size);
        framer->kept_from = 0;
        framer->kept_to = size;
    }
    uint32_t room = framer->kept_room ? framer->kept_room : ROOM_MIN;
    while (room < ROOM_MAX && room - framer->kept_to < wanted)
        room *= 2;
    if (room != framer->kept_room) {
        framer->kept = xrealloc(framer->kept, room);
        framer->kept_room = room;
    }
}

/* Moves input behind what is kept: all there is when nothing was, else what is wanted, so that what
 * follows is looked at where it lies.  False when there is none. */
static bool keep_input(struct hj212_framer *framer)
{
    size_t size = framer->input_size, there = framer->kept_to - framer->kept_from;
    if (size == 0)
        return false;
    if (framer->kept && size > framer->wanted - there)
        size = framer->wanted - there;
    make_room(framer, size);
    assert(size > 0 && size <= framer->kept_room - framer->kept_to);
    memcpy(framer->kept + framer->kept_to, framer->input, size);
    framer->kept_to += (uint32_t)size;
    framer->input += size;
    framer->input_size -= size;
    return true;
}

/* Gives back the kept bytes that have been used up. */
static void tidy(struct hj212_framer *framer)
{
    if (!framer->kept || framer->kept_from < framer->kept_to)
        return;
    free(framer->kept);
    framer->kept = NULL;
    framer->kept_from = framer->kept_to = framer->kept_room = 0;
}

static void use(struct hj212_framer *framer, size_t used)
{
    framer->seen = 0;
    if (framer->kept) {
        framer->kept_from += (uint32_t)used;
    } else {
        framer->input += used;
        framer->input_size -= used;
    }
}

/* Public --------------------------------------------------------------------------------------- */

void hj212_framer_feed(struct hj212_framer *framer, const char *bytes, size_t size)
{
    assert(framer->input_size == 0);
    framer->input = bytes;
    framer->input_size = size;
    framer->ending = false;
}

static void hand_out(struct hj212_framer *framer, const struct window *window, bool checked,
                     struct hj212_frame *ret_frame)
{
    *ret_frame = (struct hj212_frame){{window->text, (uint32_t)window->used}, checked};
    framer->after_frame = true;
    use(framer, window->used);
    if (checked)
        framer->counts.frames++;
    else
        framer->counts.lines++;
}

static void drop(struct hj212_framer *framer, const struct window *window)
{
    bool is_line_end = window->text[0] == '\r' || window->text[0] == '\n';
    if (!framer->after_frame || !is_line_end) {
        framer->counts.noise += window->used;
        framer->after_frame = false;
    }
    use(framer, window->used);
}

bool hj212_framer_next(struct hj212_framer *framer, struct hj212_frame *ret_frame)
{
    for (;;) {
        tidy(framer);
        struct window window = window_of(framer);
        enum verdict verdict = window.size > 0 ? judge(framer, &window) : VERDICT_MORE;
        switch (verdict) {
        case VERDICT_FRAME:
        case VERDICT_LINE:
            hand_out(framer, &window, verdict == VERDICT_FRAME, ret_frame);
            return true;
        case VERDICT_NOISE:
            drop(framer, &window);
            break;
        case VERDICT_MORE:
            if (!keep_input(framer))
                return false;
        }
    }
}

void hj212_framer_end(struct hj212_framer *framer)
{
    framer->ending = true;
}

size_t hj212_framer_waiting(const struct hj212_framer *framer)
{
    return framer->kept_to - framer->kept_from;
}

void hj212_framer_release(struct hj212_framer *framer)
{
    free(framer->kept);
    *framer = (struct hj212_framer){.by_line = framer->by_line};
}
