/* Three bytes are four letters; a table in each direction. */
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct buf *buf, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (; size > 0; size -= size < 3 ? size : 3, at += 3) {
        uint32_t three =
            (uint32_t)at[0] << 16 | (size > 1 ? (uint32_t)at[1] << 8 : 0) | (size > 2 ? at[2] : 0);
        char four[4] = {letters[three >> 18], letters[three >> 12 & 63],
                        size > 1 ? letters[three >> 6 & 63] : '=',
                        size > 2 ? letters[three & 63] : '='};
        buf_add(buf, four, sizeof four);
    }
}

/* The six bits of a letter, or -1. */
static int value_of(char letter)
{
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* The bytes of four letters, the last `padding` of which are '='.  ERR_SYNTAX for anything else. */
static int read_four(const char *text, int padding, unsigned char ret[3])
{
    uint32_t three = 0;
    for (int i = 0; i < 4; i++) {
        int value = i < 4 - padding ? value_of(text[i]) : 0;
        if (value < 0)
            return ERR_SYNTAX;
        three = three << 6 | (uint32_t)value;
    }
    if ((padding == 1 && three & 0xff) || (padding == 2 && three & 0xffff))
        return ERR_SYNTAX;
    ret[0] = (unsigned char)(three >> 16);
    ret[1] = (unsigned char)(three >> 8);
    ret[2] = (unsigned char)three;
    return 0;
}

int base64_read(struct buf *buf, const char *text, size_t size)
{
    size_t before = buf->size;
    if (size % 4 != 0)
        return ERR_SYNTAX;
    for (size_t at = 0; at < size; at += 4) {
        bool last = at + 4 == size;
        int padding =
            last ? (text[at + 3] == '=') + (text[at + 3] == '=' && text[at + 2] == '=') : 0;
        unsigned char three[3];
        if (read_four(text + at, padding, three) < 0) {
            if (buf->data)
                buf->data[before] = 0;
            buf->size = before;
            return ERR_SYNTAX;
        }
        buf_add(buf, three, (size_t)(3 - padding));
    }
    return 0;
}
