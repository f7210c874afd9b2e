/* What real loggers send, and how far we follow them.
 *
 * The frame is found from its ends: ## in front, four hexadecimal digits behind.  Between them the
 * CRC decides, by the three routines that are met in the field; the length never does, because it
 * is what senders get wrong.  So what is taken here was checked by a CRC all the same. */
#include "base/arena.h"
#include "base/str.h"
#include "model/hj212_inner.h"
#include <iconv.h>
#include <string.h>

static const char *const words[HJ212_FORGIVEN_COUNT + 1] = {
    "noise",      "tail",    "length_digits", "length",       "crc_modbus",   "crc_swapped",
    "gbk",        "control", "header_item",   "header_comma", "header_twice", "header_case",
    "cp_missing", "cp_open", "item",          "item_empty",
};

const char *hj212_forgiven_word(int bit)
{
    return bit >= 0 && bit < HJ212_FORGIVEN_COUNT ? words[bit] : NULL;
}

/* The frame's end without what loggers put behind it: CR and LF, their names in letters, stars. */
static size_t trim_tail(const char *text, size_t size)
{
    for (;;) {
        if (size > 0 && strchr("\r\n \t*", text[size - 1]))
            size -= 1;
        else if (size >= 2 && text[size - 2] == '\\' &&
                 (text[size - 1] == 'n' || text[size - 1] == 'r'))
            size -= 2;
        else
            return size;
    }
}

/* The same text in GBK has the CRC: then the sender counted so, and someone converted it since. */
static bool is_right_as_gbk(struct hj212_attempt *attempt, struct hj212_text segment, unsigned crc,
                            size_t *ret_size)
{
    size_t bad = str_utf8_bad(segment.at, segment.size), room = segment.size * 2 + 16, left = room;
    iconv_t converter = bad < segment.size ? (iconv_t)-1 : iconv_open("GBK", "UTF-8");
    if (converter == (iconv_t)-1)
        return false;
    char *gbk = arena_alloc(attempt->arena, room), *out = gbk;
    char *in = (char *)(uintptr_t)segment.at; /* iconv does not write to its input */
    size_t in_left = segment.size;
    bool good = iconv(converter, &in, &in_left, &out, &left) != (size_t)-1 && in_left == 0;
    iconv_close(converter);
    *ret_size = room - left;
    return good && hj212_crc(gbk, *ret_size) == crc;
}

/* By which routine the CRC is right; *ret_counted: the bytes its sender counted. */
static bool check_crc(struct hj212_attempt *attempt, struct hj212_text segment, unsigned crc,
                      size_t *ret_counted)
{
    unsigned modbus = hj212_crc_modbus(segment.at, segment.size);
    attempt->problem.given = crc;
    attempt->problem.right = hj212_crc(segment.at, segment.size);
    *ret_counted = segment.size;
    if (attempt->problem.right == crc)
        return true;
    if (modbus == crc)
        return hj212_forgive(attempt, HJ212_FORGAVE_CRC_MODBUS);
    if ((modbus >> 8 | (modbus & 0xFF) << 8) == crc)
        return hj212_forgive(attempt, HJ212_FORGAVE_CRC_SWAPPED);
    return is_right_as_gbk(attempt, segment, crc, ret_counted) &&
           hj212_forgive(attempt, HJ212_FORGAVE_GBK);
}

/* The digits behind ##; more than four can only be a mistake, and are read as far as eight. */
static size_t read_length(const char *text, size_t size, size_t *ret_length)
{
    size_t digits = 0, length = 0;
    for (; digits < size && digits < 8 && text[digits] >= '0' && text[digits] <= '9'; digits++)
        length = length * 10 + (size_t)(text[digits] - '0');
    *ret_length = length;
    return digits;
}

int hj212_lenient_read(struct hj212_attempt *attempt, const char *text, size_t size)
{
    const char *start = memmem(text, size, "##", 2);
    if (!start)
        return hj212_fail(attempt, HJ212_NO_START, 0);
    size_t noise = (size_t)(start - text), all = size, length, counted;
    if (noise > 0)
        hj212_forgive(attempt, HJ212_FORGAVE_NOISE);
    size = trim_tail(text, size);
    bool plain_tail = size == all || (all - size == 2 && memcmp(text + size, "\r\n", 2) == 0);
    if (!plain_tail)
        hj212_forgive(attempt, HJ212_FORGAVE_TAIL);
    size_t digits = size > noise + 2 ? read_length(start + 2, size - noise - 2, &length) : 0;
    size_t offset = noise + 2 + digits;
    int crc = size >= offset + 4 ? hj212_hex(text + size - 4) : -1;
    if (crc < 0)
        return hj212_fail(attempt, HJ212_CRC_DIGITS, size);
    if (size - offset - 4 > HJ212_SEGMENT_MAX)
        return hj212_fail(attempt, HJ212_TOO_LONG, noise);
    struct hj212_text segment = {text + offset, (uint32_t)(size - offset - 4)};
    if (memchr(segment.at, 0, segment.size))
        return hj212_fail(attempt, HJ212_CONTROL, offset);
    if (!check_crc(attempt, segment, (unsigned)crc, &counted))
        return hj212_fail(attempt, HJ212_CRC, size - 4);
    if (digits != 4)
        hj212_forgive(attempt, HJ212_FORGAVE_LENGTH_DIGITS);
    if (digits == 0 || length != counted)
        hj212_forgive(attempt, HJ212_FORGAVE_LENGTH);
    attempt->packet.text = (struct hj212_text){start, (uint32_t)(size - noise)};
    attempt->packet.segment = segment;
    return hj212_segment_read(attempt, offset);
}
