/* Base64 by the vectors of RFC 4648 §10, and what is none. */
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

Test(base64, vectors_of_the_rfc)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct buf buf = {0};
        base64_add(&buf, vectors[i][0], strlen(vectors[i][0]));
        cr_expect_str_eq(buf_str(&buf), vectors[i][1]);
        cr_expect_eq(buf.size, BASE64_SIZE(strlen(vectors[i][0])));
        buf_clear(&buf);
        cr_expect_eq(base64_read(&buf, vectors[i][1], strlen(vectors[i][1])), 0);
        cr_expect_str_eq(buf_str(&buf), vectors[i][0]);
        buf_release(&buf);
    }
}

Test(base64, every_byte_comes_back)
{
    unsigned char bytes[256];
    struct buf text = {0}, back = {0};
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    base64_add(&text, bytes, sizeof bytes);
    cr_expect_eq(base64_read(&back, text.data, text.size), 0);
    cr_expect_eq(back.size, sizeof bytes);
    cr_expect_arr_eq(back.data, bytes, sizeof bytes);
    buf_release(&text);
    buf_release(&back);
}

Test(base64, what_is_none_adds_nothing)
{
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",  "Zg==Zg==", "=Zg=",
                                      "Z===", "====", "Zm9 ", "Zm9v\n",   "Zm9vZm9-",
                                      "Zm9_", "Zh==", "Zm9="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf buf = {0};
        buf_puts(&buf, "before");
        cr_expect_eq(base64_read(&buf, bad[i], strlen(bad[i])), ERR_SYNTAX, "%s", bad[i]);
        cr_expect_str_eq(buf_str(&buf), "before");
        buf_release(&buf);
    }
    struct buf buf = {0};
    cr_expect_eq(base64_read(&buf, "Zm\0v", 4), ERR_SYNTAX);
    buf_release(&buf);
}
