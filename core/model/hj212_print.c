/* Packets written: the length and the CRC are those of the bytes just made, so what is printed here
 * is always strict. */
#include "base/buf.h"
#include "base/err.h"
#include "model/hj212.h"
#include <stdio.h>
#include <string.h>

/* Every upload is answered by a packet, so these lines run as often as the parser: no printf. */
static void print_field(struct buf *buf, const char *name, size_t name_size,
                        struct hj212_text value)
{
    if (value.size == 0)
        return;
    buf_add(buf, name, name_size);
    buf_add(buf, value.at, value.size);
    buf_putc(buf, ';');
}
#define FIELD(buf, name, value) print_field(buf, name "=", sizeof name, value)

static void print_number(struct buf *buf, const char *name, int number)
{
    buf_puts(buf, name);
    buf_digits(buf, (uint64_t)number, 1);
    buf_putc(buf, ';');
}

static void print_segment(struct buf *buf, const struct hj212_letter *letter, const char *cp,
                          size_t size)
{
    FIELD(buf, "QN", letter->qn);
    FIELD(buf, "ST", letter->st);
    FIELD(buf, "CN", letter->cn);
    FIELD(buf, "PW", letter->pw);
    FIELD(buf, "MN", letter->mn);
    if (letter->flag >= 0)
        print_number(buf, "Flag=", letter->flag);
    if (letter->pnum > 0) {
        print_number(buf, "PNUM=", letter->pnum);
        print_number(buf, "PNO=", letter->pno);
    }
    if (letter->resend)
        buf_puts(buf, "RF=1;");
    buf_add(buf, "CP=&&", 5);
    buf_add(buf, cp, size);
    buf_add(buf, "&&", 2);
}

/* The CRC in upper case, and the line end. */
static void print_end(struct buf *buf, uint16_t crc)
{
    static const char digits[] = "0123456789ABCDEF";
    const char end[] = {digits[crc >> 12],
                        digits[crc >> 8 & 15],
                        digits[crc >> 4 & 15],
                        digits[crc & 15],
                        '\r',
                        '\n'};
    buf_add(buf, end, sizeof end);
}

int hj212_print(struct buf *buf, const struct hj212_letter *letter, const char *cp, size_t size)
{
    size_t start = buf->size;
    buf_add(buf, "##0000", 6);
    print_segment(buf, letter, cp, size);
    size_t length = buf->size - start - 6;
    if (length > HJ212_SEGMENT_MAX) {
        buf->size = start;
        buf->data[start] = '\0';
        return ERR_LIMIT;
    }
    char *digits = buf->data + start + 2;
    digits[0] = (char)('0' + length / 1000);
    digits[1] = (char)('0' + length / 100 % 10);
    digits[2] = (char)('0' + length / 10 % 10);
    digits[3] = (char)('0' + length % 10);
    print_end(buf, hj212_crc(buf->data + start + 6, length));
    return 0;
}

void hj212_stamp(char ret[HJ212_STAMP_BYTES], instant_ms at, span_ms zone)
{
    struct civil civil = civil_of(at, zone);
    char text[96];
    snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d%03d", civil.year, civil.month, civil.day,
             civil.hour, civil.minute, civil.second, civil.millisecond);
    memcpy(ret, text, HJ212_STAMP_BYTES - 1);
    ret[HJ212_STAMP_BYTES - 1] = '\0';
}

/* Parts ---------------------------------------------------------------------------------------- */

/* Groups of one CP, dealt out to parts.  Walked twice: once to count, once to print. */
struct deal {
    const char *cp, *end;
    size_t head;   /* bytes of the leading DataTime group with its semicolon, repeated in each */
    size_t cp_max; /* bytes */
};

static struct deal deal_of(const char *cp, size_t size, size_t cp_max)
{
    struct deal deal = {cp, cp + size, 0, cp_max};
    const char *semicolon = memchr(cp, ';', size);
    if (semicolon && size > 9 && memcmp(cp, "DataTime=", 9) == 0)
        deal.head = (size_t)(semicolon - cp) + 1;
    return deal;
}

/* As many whole groups as fit, from `at`; where the next part begins, or NULL when not one fits. */
static const char *next_part(const struct deal *deal, const char *at, const char **ret_end)
{
    const char *end = NULL, *group = at;
    while (group < deal->end) {
        const char *semicolon = memchr(group, ';', (size_t)(deal->end - group));
        const char *group_end = semicolon ? semicolon : deal->end;
        if (deal->head + (size_t)(group_end - at) > deal->cp_max)
            break;
        end = group_end;
        group = group_end + 1;
    }
    *ret_end = end;
    return end ? group : NULL;
}

static int count_parts(const struct deal *deal)
{
    int count = 0;
    const char *end;
    for (const char *at = deal->cp + deal->head; at < deal->end; count++) {
        at = next_part(deal, at, &end);
        if (!at)
            return ERR_LIMIT;
    }
    return count;
}

static int print_part(struct buf *buf, struct buf *cp, const struct hj212_letter *letter,
                      const struct deal *deal, const char *at, const char *end)
{
    buf_clear(cp);
    buf_add(cp, deal->cp, deal->head);
    buf_add(cp, at, (size_t)(end - at));
    return hj212_print(buf, letter, cp->data, cp->size);
}

int hj212_print_parts(struct buf *buf, const struct hj212_letter *letter, instant_ms at,
                      span_ms zone, const char *cp, size_t size, size_t cp_max)
{
    struct deal deal = deal_of(cp, size, cp_max);
    struct hj212_letter part = *letter;
    char qn[HJ212_STAMP_BYTES];
    struct buf text = {0};
    hj212_stamp(qn, at, zone);
    part.qn = hj212_text_of(qn);
    if (size <= cp_max)
        return hj212_print(buf, &part, cp, size) < 0 ? ERR_LIMIT : 1;
    int count = count_parts(&deal), err = count < 0 ? count : 0;
    const char *from = cp + deal.head, *end;
    part.flag = (part.flag < 0 ? 0 : part.flag) | HJ212_FLAG_NUMBERED;
    part.pnum = count;
    for (part.pno = 1; err == 0 && part.pno <= count; part.pno++) {
        const char *next = next_part(&deal, from, &end);
        hj212_stamp(qn, at + part.pno - 1, zone);
        err = print_part(buf, &text, &part, &deal, from, end);
        from = next;
    }
    buf_release(&text);
    return err < 0 ? err : count;
}

/* Answers -------------------------------------------------------------------------------------- */

/* The edition of 2005 names in the CP what it answers. */
static int print_old_answer(struct buf *buf, const struct hj212_letter *letter,
                            const struct hj212_packet *packet, bool with_command, const char *cp)
{
    struct buf text = {0};
    FIELD(&text, "QN", packet->qn);
    if (with_command)
        FIELD(&text, "CN", packet->cn);
    buf_puts(&text, cp);
    if (text.size > 0 && text.data[text.size - 1] == ';')
        text.data[--text.size] = '\0';
    int err = hj212_print(buf, letter, buf_str(&text), text.size);
    buf_release(&text);
    return err;
}

int hj212_print_answer(struct buf *buf, const struct hj212_packet *packet, int command,
                       const char *cp)
{
    const char cn[] = {(char)('0' + command / 1000 % 10), (char)('0' + command / 100 % 10),
                       (char)('0' + command / 10 % 10), (char)('0' + command % 10)};
    struct hj212_letter letter = {.qn = packet->qn,
                                  .st = hj212_text_of("91"),
                                  .cn = {cn, sizeof cn},
                                  .pw = packet->pw,
                                  .mn = packet->mn,
                                  .flag = packet->flag < 0 ? -1 : packet->flag & 0xFC};
    if (hj212_version(packet) == HJ212_2005)
        return print_old_answer(buf, &letter, packet, command == 9013 || command == 9014, cp);
    size_t size = strlen(cp);
    return hj212_print(buf, &letter, cp, size > 0 && cp[size - 1] == ';' ? size - 1 : size);
}
