/* Redaction: secrets never, people hardly, everything else as it was. */
#include "base/buf.h"
#include "shell/redact.h"
#include <criterion/criterion.h>

static void expect(const char *text, int people, const char *wanted)
{
    struct buf buf = {0};
    redact(&buf, text, people);
    cr_expect_str_eq(buf_str(&buf), wanted);
    buf_release(&buf);
}

Test(redact, secrets_are_struck_out_wherever_they_stand)
{
    expect("token yj_AbCdEfGh0123456789-_x refused", 0, "token *** refused");
    expect("Authorization: Bearer abcdefgh12345678", 0, "Authorization: ***");
    expect("key=whsec_Y2FuYXJ5Y2FuYXJ5,next", 0, "key=***,next");
    expect("mqtts://yujing:hush@broker:8883", 0, "mqtts://yujing:***@broker:8883");
    expect("scrypt$14$8$1$c2FsdHNhbHQ$aGFzaA", 0, "***");
}

Test(redact, what_only_begins_like_one_stays)
{
    expect("yj_", 0, "yj_");
    expect("whsec_ and base64", 0, "whsec_ and base64");
    expect("https://example.cn/a:b@c", 0, "https://example.cn/a:b@c");
    expect("xyj_abcdefghijk", 0, "xyj_abcdefghijk");
}

Test(redact, people_keep_what_tells_two_apart)
{
    expect("13812345678", 1, "138****5678");
    expect("to wang.li+duty@example.cn: 550", 1, "to w***@example.cn: 550");
    expect("电话13812345678，", 1, "电话138****5678，");
    expect("13812345678", 0, "13812345678");
}

Test(redact, what_is_no_telephone_stays)
{
    expect("1446967800000", 1, "1446967800000");
    expect("seq 11234567890", 1, "seq 11234567890");
    expect("a13812345678", 1, "a13812345678");
    expect("210106-0117", 1, "210106-0117");
    expect("91210106MA0000000X", 1, "91210106MA0000000X");
    expect("hook@", 1, "hook@");
}
