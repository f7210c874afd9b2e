/* One packet, strictly.  The order of the questions is the order in which an honest sender would
 * want to hear of a mistake: the frame, its length, its CRC, and only then what it says. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "model/hj212_inner.h"
#include <assert.h>
#include <string.h>

struct hj212_text hj212_text_of(const char *text)
{
    return (struct hj212_text){text, text ? (uint32_t)strlen(text) : 0};
}

int hj212_fail(struct hj212_attempt *attempt, enum hj212_fault fault, size_t at)
{
    attempt->problem.fault = fault;
    attempt->problem.at = at;
    return ERR_SYNTAX;
}

bool hj212_forgive(struct hj212_attempt *attempt, enum hj212_forgiven what)
{
    if (attempt->lenient)
        attempt->packet.forgiven |= what;
    return attempt->lenient;
}

/* Frame ---------------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hj212_hex(const char *at)
{
    int number = 0;
    for (int i = 0; i < 4; i++) {
        int digit = digit_of(at[i]);
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

static int strict_length(const char *at)
{
    int length = 0;
    for (int i = 0; i < 4; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        length = length * 10 + (at[i] - '0');
    }
    return length;
}

/* `size` is without CR LF. */
static int checked_read(struct hj212_attempt *attempt, const char *text, size_t size)
{
    assert(size >= 10 && size <= HJ212_FRAME_MAX);
    attempt->packet.text = (struct hj212_text){text, (uint32_t)size};
    attempt->packet.segment = (struct hj212_text){text + 6, (uint32_t)size - 10};
    return hj212_segment_read(attempt, 6);
}

static int strict_read(struct hj212_attempt *attempt, const char *text, size_t size)
{
    if (size >= 2 && memcmp(text + size - 2, "\r\n", 2) == 0)
        size -= 2;
    if (size < 2 || memcmp(text, "##", 2) != 0)
        return hj212_fail(attempt, HJ212_NO_START, 0);
    int length = size >= 6 ? strict_length(text + 2) : -1;
    if (length < 0)
        return hj212_fail(attempt, HJ212_LENGTH_DIGITS, 2);
    if (size > HJ212_FRAME_MAX)
        return hj212_fail(attempt, HJ212_TOO_LONG, 0);
    attempt->problem.given = (unsigned)length;
    attempt->problem.right = size >= 10 ? (unsigned)size - 10 : 0;
    if (size != (size_t)length + 10)
        return hj212_fail(attempt, HJ212_LENGTH, 2);
    int crc = hj212_hex(text + size - 4);
    if (crc < 0)
        return hj212_fail(attempt, HJ212_CRC_DIGITS, size - 4);
    attempt->problem.given = (unsigned)crc;
    attempt->problem.right = hj212_crc(text + 6, (size_t)length);
    if (attempt->problem.given != attempt->problem.right)
        return hj212_fail(attempt, HJ212_CRC, size - 4);
    return checked_read(attempt, text, size);
}

int hj212_parse(struct arena *arena, enum hj212_mode mode, const char *text, size_t size,
                struct hj212_packet *ret_packet, struct hj212_problem *ret_problem)
{
    struct hj212_attempt attempt = {.arena = arena, .packet = {.command = -1, .flag = -1}};
    int err = mode == HJ212_CHECKED ? checked_read(&attempt, text, size)
                                    : strict_read(&attempt, text, size);
    if (err < 0 && mode == HJ212_LENIENT) {
        attempt = (struct hj212_attempt){
            .arena = arena, .packet = {.command = -1, .flag = -1}, .lenient = true};
        err = hj212_lenient_read(&attempt, text, size);
    }
    if (err < 0)
        *ret_problem = attempt.problem;
    else
        *ret_packet = attempt.packet;
    return err;
}

/* What a packet is ----------------------------------------------------------------------------- */

enum hj212_version hj212_version(const struct hj212_packet *packet)
{
    int version = packet->flag < 0 ? 0 : packet->flag >> HJ212_FLAG_VERSION_SHIFT;
    return version > HJ212_2025 ? HJ212_2025 : (enum hj212_version)version;
}

bool hj212_wants_answer(const struct hj212_packet *packet)
{
    return packet->flag >= 0 && (packet->flag & HJ212_FLAG_ANSWER);
}

bool hj212_is_part(const struct hj212_packet *packet)
{
    return packet->pnum > 1 && packet->pno >= 1 && packet->pno <= packet->pnum;
}

struct hj212_text hj212_value(const struct hj212_packet *packet, const char *key)
{
    for (uint32_t i = 0; i < packet->pair_count; i++)
        if (hj212_text_is(packet->pairs[i].key, key))
            return packet->pairs[i].value;
    return (struct hj212_text){0};
}

/* What is wrong -------------------------------------------------------------------------------- */

const char *hj212_fault_word(enum hj212_fault fault)
{
    static const char *const words[HJ212_FAULTS] = {
        "sound",   "no_start", "length_digits", "length",     "too_long", "crc_digits", "crc",
        "control", "header",   "header_twice",  "cp_missing", "cp_open",  "cp_closed",  "item",
    };
    return words[fault];
}

static const char *fault_text(enum hj212_fault fault)
{
    switch (fault) {
    case HJ212_NO_START:
        return tr("it does not begin with ##", "没有以 ## 开头");
    case HJ212_LENGTH_DIGITS:
        return tr("## is not followed by four digits", "## 之后不是四位数字的长度");
    case HJ212_TOO_LONG:
        return tr("it is longer than four digits can say", "报文过长，超出四位长度字段");
    case HJ212_CRC_DIGITS:
        return tr("it does not end in a CRC of four hexadecimal digits",
                  "末尾不是四位十六进制的 CRC");
    case HJ212_CONTROL:
        return tr("there is a control character inside", "报文中有控制字符");
    case HJ212_HEADER:
        return tr("a header field is not name=value", "包头字段不是“名称=值”");
    case HJ212_HEADER_TWICE:
        return tr("a header field is given twice", "包头字段重复");
    case HJ212_CP_MISSING:
        return tr("there is no CP=&&", "没有 CP=&&");
    case HJ212_CP_OPEN:
        return tr("the CP is not closed by &&", "CP 没有以 && 结束");
    case HJ212_CP_CLOSED:
        return tr("&& stands inside the CP", "CP 内部出现 &&");
    case HJ212_ITEM:
        return tr("an item of the CP is not name=value", "CP 中有一项不是“名称=值”");
    default:
        return tr("it is sound", "报文无误");
    }
}

void hj212_problem_print(struct buf *buf, const struct hj212_problem *problem)
{
    if (problem->fault == HJ212_LENGTH)
        buf_printf(buf,
                   tr("the length says %u bytes, but %u stand there",
                      "长度字段为 %u 字节，实际为 %u 字节"),
                   problem->given, problem->right);
    else if (problem->fault == HJ212_CRC)
        buf_printf(buf, tr("the CRC is %04X, but %04X is right", "CRC 为 %04X，应为 %04X"),
                   problem->given, problem->right);
    else
        buf_printf(buf, tr("%s (at byte %zu)", "%s（第 %zu 字节处）"), fault_text(problem->fault),
                   problem->at + 1);
}
