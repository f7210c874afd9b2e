/* Buffers and their reader. */
#include "base/buf.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(buf, empty_is_an_empty_string)
{
    struct buf buf = {0};
    cr_expect_str_eq(buf_str(&buf), "");
    char *text = buf_detach(&buf);
    cr_expect_str_eq(text, "");
    free(text);
    buf_release(&buf);
}

Test(buf, everything_added_is_there)
{
    struct buf buf = {0};
    for (int i = 0; i < 1000; i++) {
        buf_puts(&buf, "ab");
        buf_putc(&buf, 'c');
        buf_add(&buf, "de", 1);
        buf_add(&buf, NULL, 0);
    }
    cr_expect_eq(buf.size, 4000);
    cr_expect_eq(strlen(buf.data), 4000);
    cr_expect_eq(memcmp(buf.data + 3996, "abcd", 5), 0);
    buf_clear(&buf);
    cr_expect_str_eq(buf_str(&buf), "");
    buf_release(&buf);
}

Test(buf, printing_grows_as_needed)
{
    struct buf buf = {0};
    for (int width = 0; width < 300; width++) {
        buf_clear(&buf);
        buf_puts(&buf, "x");
        buf_printf(&buf, "%*d", width, 7);
        cr_assert_eq(buf.size, (size_t)(width > 0 ? width : 1) + 1);
        cr_assert_eq(buf.data[buf.size - 1], '7');
        cr_assert_eq(buf.data[buf.size], 0);
    }
    buf_release(&buf);
}

Test(buf, detached_text_belongs_to_the_caller)
{
    struct buf buf = {0};
    buf_puts(&buf, "first");
    char *first = buf_detach(&buf);
    buf_puts(&buf, "second");
    cr_expect_str_eq(first, "first");
    cr_expect_str_eq(buf_str(&buf), "second");
    free(first);
    buf_release(&buf);
}

static void write_all(struct buf *buf)
{
    buf_u8(buf, 200);
    buf_u32(buf, 0xdeadbeef);
    buf_i64(buf, INT64_MIN);
    buf_i64(buf, -2);
    buf_text(buf, "沈阳");
    buf_text(buf, "");
    buf_text(buf, NULL);
}

Test(buf, what_was_written_is_read_back)
{
    struct buf buf = {0};
    write_all(&buf);
    struct reader reader = {(const unsigned char *)buf.data,
                            (const unsigned char *)buf.data + buf.size, 0};
    cr_expect_eq(read_u8(&reader), 200);
    cr_expect_eq(read_u32(&reader), 0xdeadbeef);
    cr_expect_eq(read_i64(&reader), INT64_MIN);
    cr_expect_eq(read_i64(&reader), -2);
    char *text = read_text(&reader), *empty = read_text(&reader);
    cr_expect_str_eq(text, "沈阳");
    cr_expect_str_eq(empty, "");
    cr_expect_null(read_text(&reader));
    cr_expect_eq(reader.bad, 0);
    cr_expect_eq(reader.at, reader.end);
    free(text);
    free(empty);
    buf_release(&buf);
}

Test(buf, numbers_are_little_endian)
{
    struct buf buf = {0};
    buf_u32(&buf, 0x01020304);
    buf_i64(&buf, 1);
    cr_expect_eq(memcmp(buf.data, "\4\3\2\1\1\0\0\0\0\0\0\0", 12), 0);
    buf_release(&buf);
}

Test(buf, every_cut_is_noticed)
{
    struct buf buf = {0};
    write_all(&buf);
    for (size_t size = 0; size < buf.size; size++) {
        /* An exact copy, so that the sanitizer sees a read beyond it. */
        unsigned char *cut = malloc(size + 1);
        memcpy(cut, buf.data, size);
        struct reader reader = {cut, cut + size, 0};
        read_u8(&reader);
        read_u32(&reader);
        read_i64(&reader);
        read_i64(&reader);
        for (int i = 0; i < 3; i++)
            free(read_text(&reader));
        cr_assert_eq(reader.bad, 1, "cut at %zu", size);
        cr_assert_eq(read_i64(&reader), 0);
        cr_assert_null(read_text(&reader));
        free(cut);
    }
    buf_release(&buf);
}
