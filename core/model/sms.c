/* Two walks over the text: whether the small alphabet holds it, and where the segments end. */
#include "model/sms.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

enum { GSM7_ONE = 160, GSM7_MANY = 153, UCS2_ONE = 70, UCS2_MANY = 67, NOT_GSM7 = 0 };

/* The next code point; a byte that is none counts as one. */
static const char *next(const char *text, int32_t *ret)
{
    utf8proc_ssize_t size =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strlen(text), ret);
    if (size > 0)
        return text + size;
    *ret = 0xfffd;
    return text + 1;
}

static bool is_among(int32_t point, const uint16_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (points[i] == point)
            return true;
    }
    return false;
}

/* Septets of a character: 1 in the default alphabet, 2 in its extension. */
static int gsm7_units(int32_t point)
{
    /* Of ASCII only these are missing or extended; the rest is where ASCII has it. */
    static const uint16_t extended[] = {'\f', '^', '{', '}', '\\', '[', '~', ']', '|', 0x20ac};
    static const uint16_t further[] = {
        0xa3,  0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0xd8,  0xf8, 0xc5, 0xe5, 0x394,
        0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9,
        0xa4,  0xa1,  0xc4,  0xd6,  0xd1,  0xdc,  0xa7,  0xbf,  0xe4,  0xf6, 0xf1, 0xfc, 0xe0};
    if (is_among(point, extended, sizeof extended / sizeof *extended))
        return 2;
    if (point == '\n' || point == '\r' || (point >= 0x20 && point < 0x7f && point != '`'))
        return 1;
    return is_among(point, further, sizeof further / sizeof *further) ? 1 : NOT_GSM7;
}

static bool is_gsm7(const char *text)
{
    int32_t point;
    while (*text) {
        text = next(text, &point);
        if (gsm7_units(point) == NOT_GSM7)
            return false;
    }
    return true;
}

/* Segments of `room` units each, where no character is parted. */
static int count_segments(const char *text, bool gsm7, int room, int *ret_units)
{
    int segments = 0, left = 0;
    int32_t point;
    *ret_units = 0;
    while (*text) {
        text = next(text, &point);
        int units = gsm7 ? gsm7_units(point) : 1 + (point > 0xffff);
        if (units > left) {
            segments++;
            left = room;
        }
        left -= units;
        *ret_units += units;
    }
    return segments;
}

struct sms_size sms_size(const char *text)
{
    struct sms_size size = {.gsm7 = is_gsm7(text)};
    size.segments = count_segments(text, size.gsm7, size.gsm7 ? GSM7_ONE : UCS2_ONE, &size.units);
    if (size.segments > 1)
        size.segments =
            count_segments(text, size.gsm7, size.gsm7 ? GSM7_MANY : UCS2_MANY, &size.units);
    return size;
}
