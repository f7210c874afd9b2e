/* Segments of short messages at their bounds. */
#include "base/buf.h"
#include "model/sms.h"
#include <criterion/criterion.h>

static void expect(int repeat, const char *piece, const char *tail, bool gsm7, int units,
                   int segments)
{
    struct buf text = {0};
    for (int i = 0; i < repeat; i++)
        buf_puts(&text, piece);
    buf_puts(&text, tail);
    struct sms_size size = sms_size(buf_str(&text));
    cr_expect_eq(size.gsm7, gsm7, "%d × %s%s", repeat, piece, tail);
    cr_expect_eq(size.units, units, "%d × %s%s: %d units", repeat, piece, tail, size.units);
    cr_expect_eq(size.segments, segments, "%d × %s%s: %d segments", repeat, piece, tail,
                 size.segments);
    buf_release(&text);
}

Test(sms, the_bounds_of_both_alphabets)
{
    expect(0, "", "", true, 0, 0);
    expect(160, "a", "", true, 160, 1);
    expect(161, "a", "", true, 161, 2);
    expect(306, "a", "", true, 306, 2);
    expect(307, "a", "", true, 307, 3);
    expect(70, "预", "", false, 70, 1);
    expect(71, "预", "", false, 71, 2);
    expect(134, "预", "", false, 134, 2);
    expect(135, "预", "", false, 135, 3);
    expect(69, "a", "预", false, 70, 1);
    expect(1, "【演练】请立即停产。", "", false, 10, 1);
}

Test(sms, pairs_count_twice_and_are_not_parted)
{
    expect(80, "€", "", true, 160, 1);
    expect(152, "a", "€aaaaaaa", true, 161, 2);
    expect(152, "a", "€", true, 154, 1);
    /* 152 letters, and 77 pairs: the first pair does not fit into the first segment. */
    struct buf tail = {0};
    for (int i = 0; i < 77; i++)
        buf_puts(&tail, "€");
    expect(152, "a", buf_str(&tail), true, 306, 3);
    buf_release(&tail);
    expect(35, "🏭", "", false, 70, 1);
    expect(36, "🏭", "", false, 72, 2);
    expect(67, "🏭", "", false, 134, 3);
}

Test(sms, what_the_small_alphabet_holds)
{
    expect(1, "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà", "", true, 65,
           1); /* 128 less 62 letters and digits and the escape */
    expect(1, "^{}\\[~]|€\f", "", true, 20, 1);
    expect(1, "`", "", false, 1, 1);
    expect(1, "ç", "", false, 1, 1);
    expect(1, "\t", "", false, 1, 1);
}
