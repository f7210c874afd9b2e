/* HJ 212: how data loggers at outlets and stations speak to a city (editions 2005, 2017, 2025).
 *
 *     ##0101QN=…;ST=32;CN=1062;PW=…;MN=…;Flag=5;CP=&&RtdInterval=30&&1C80\r\n
 *       └──┘└───────────────────── segment ────────────────────────┘└──┘
 *      its bytes    header fields, then groups (;) of pairs (,)       CRC
 *
 * This header is the packet: read, judged, written.  hj212_frame.h finds packets in a stream,
 * hj212_reading.h says what their values are.
 *
 * Strict means: the frame, its length, its CRC in either case of letters, each header field once,
 * and a CP whose items are all `key=value`.  Widths of fields and the 1024 bytes of the standard
 * are not checked, because real senders vary.  Lenient forgives what is known of real loggers and
 * names each thing it forgave; a packet whose CRC no known routine gives is never taken. */
#ifndef MODEL_HJ212_H
#define MODEL_HJ212_H

#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;
struct buf;

enum {
    HJ212_SEGMENT_MAX = 9999, /* bytes: all that four digits can say */
    HJ212_FRAME_MAX = 2 + 4 + HJ212_SEGMENT_MAX + 4,
    HJ212_CP_MAX = 950, /* bytes between the && of a packet we write (2017 §6.3, 2025 table 3) */
    HJ212_KEY_BYTES = 16,
};

/* A run of bytes inside a packet, not ended by NUL; size 0 where there is none. */
struct hj212_text {
    const char *at;
    uint32_t size;
};
struct hj212_text hj212_text_of(const char *text);
/* In the header, so that comparing with a word of the standard costs no call. */
static inline bool hj212_text_is(struct hj212_text text, const char *word)
{
    return text.size == strlen(word) && (text.size == 0 || memcmp(text.at, word, text.size) == 0);
}
static inline bool hj212_text_equal(struct hj212_text a, struct hj212_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

struct hj212_pair {
    struct hj212_text key, value;
    uint32_t group; /* from 0; pairs of one group stand together */
};

/* Bits 2…7 of Flag.  Surface-water stations have sent 2 since 2018, so 2 alone does not prove the
 * edition of 2025. */
enum hj212_version { HJ212_2005 = 0, HJ212_2017 = 1, HJ212_2025 = 2 };
enum { HJ212_FLAG_ANSWER = 1, HJ212_FLAG_NUMBERED = 2, HJ212_FLAG_VERSION_SHIFT = 2 };

/* What lenient reading forgave, a bit each. */
enum hj212_forgiven {
    HJ212_FORGAVE_NOISE = 1 << 0,         /* bytes before ## */
    HJ212_FORGAVE_TAIL = 1 << 1,          /* something else than CR LF after the CRC */
    HJ212_FORGAVE_LENGTH_DIGITS = 1 << 2, /* the length has not four digits */
    HJ212_FORGAVE_LENGTH = 1 << 3,        /* the length is not that of the segment */
    HJ212_FORGAVE_CRC_MODBUS = 1 << 4,    /* CRC-16/MODBUS in place of annex A */
    HJ212_FORGAVE_CRC_SWAPPED = 1 << 5,   /* that, low byte first */
    HJ212_FORGAVE_GBK = 1 << 6,           /* length and CRC count GBK; the text came as UTF-8 */
    HJ212_FORGAVE_CONTROL = 1 << 7,       /* control characters inside */
    HJ212_FORGAVE_HEADER = 1 << 8,        /* a header field that is none: left out */
    HJ212_FORGAVE_HEADER_COMMA = 1 << 9,  /* header fields parted by a comma */
    HJ212_FORGAVE_HEADER_TWICE = 1 << 10, /* a header field given again: the first counts */
    HJ212_FORGAVE_HEADER_CASE = 1 << 11,  /* FLAG for Flag and the like */
    HJ212_FORGAVE_CP_MISSING = 1 << 12,   /* no CP at all */
    HJ212_FORGAVE_CP_OPEN = 1 << 13,      /* CP not closed by && */
    HJ212_FORGAVE_ITEM = 1 << 14,         /* an item without =: its value is empty */
    HJ212_FORGAVE_ITEM_EMPTY = 1 << 15,   /* an item of nothing, or without a name: left out */
    HJ212_FORGIVEN_COUNT = 16,
};
/* "length_digits": the stable word for bit 0…; NULL beyond the last. */
const char *hj212_forgiven_word(int bit);

/* One packet, read.  All texts point into the bytes it was read from. */
struct hj212_packet {
    struct hj212_text text;                  /* from ## to the CRC */
    struct hj212_text segment;               /* what length and CRC speak of */
    const struct hj212_pair *header, *pairs; /* in the order sent */
    uint32_t header_count, pair_count, group_count;
    struct hj212_text qn, st, cn, pw, mn; /* empty when absent or empty */
    int command;                          /* CN as a number; -1: none, or no number */
    int flag;                             /* 0…255; -1: absent, or no such number */
    int pnum, pno;                        /* 0: absent */
    bool resend;                          /* RF=1 (2025): a late upload */
    unsigned forgiven;                    /* of enum hj212_forgiven; 0 when strict */
};
enum hj212_version hj212_version(const struct hj212_packet *packet); /* no Flag: 2005 */
bool hj212_wants_answer(const struct hj212_packet *packet);          /* bit A; no Flag: false */
/* One part of several.  The numbers decide, not bit D: that bit is set out of habit by many. */
bool hj212_is_part(const struct hj212_packet *packet);
/* The first value of `key` in the CP, or an empty text. */
struct hj212_text hj212_value(const struct hj212_packet *packet, const char *key);

enum hj212_fault {
    HJ212_SOUND,
    HJ212_NO_START,      /* does not begin with ## */
    HJ212_LENGTH_DIGITS, /* no four digits after it */
    HJ212_LENGTH,        /* says `given`, is `right` */
    HJ212_TOO_LONG,
    HJ212_CRC_DIGITS, /* no four hexadecimal digits at the end */
    HJ212_CRC,        /* says `given`, is `right` */
    HJ212_CONTROL,    /* a control character inside */
    HJ212_HEADER,     /* a header field that is not name=value */
    HJ212_HEADER_TWICE,
    HJ212_CP_MISSING, /* no CP=&& */
    HJ212_CP_OPEN,    /* no && before the CRC */
    HJ212_CP_CLOSED,  /* && before the end of the CP */
    HJ212_ITEM,       /* an item of the CP that is not name=value */
    HJ212_FAULTS,
};
/* "crc": the stable word, for logs and counts. */
const char *hj212_fault_word(enum hj212_fault fault);
struct hj212_problem {
    enum hj212_fault fault;
    unsigned given, right; /* of lengths and CRCs */
    size_t at;             /* byte offset in the text that was read */
};
enum hj212_mode {
    HJ212_STRICT,
    HJ212_LENIENT,
    HJ212_CHECKED, /* strict, of a frame that a framer handed out as checked: length and CRC are not
                      looked at again */
};

/* Reads one packet; CR LF at the end may be there or not.  The packet points into `text` and into
 * the arena.  ERR_SYNTAX when it is none, *ret_problem then says why (never NULL). */
int hj212_parse(struct arena *arena, enum hj212_mode mode, const char *text, size_t size,
                struct hj212_packet *ret_packet, struct hj212_problem *ret_problem);
/* One sentence in the language in force, for people. */
void hj212_problem_print(struct buf *buf, const struct hj212_problem *problem);

/* The CRC of annex A: register FFFF, and for each byte register = (register >> 8) ^ byte before the
 * eight shifts with A001.  Since its low byte is thrown away each time, it takes only 256 values
 * and bytes eight apart may change places unseen: it finds a torn packet, not a forged one. */
uint16_t hj212_crc(const void *bytes, size_t size);
uint16_t hj212_crc_modbus(const void *bytes, size_t size); /* what some loggers send instead */

/* Writing -------------------------------------------------------------------------------------- */

/* A packet to be written; fields without text, and numbers below 0 (flag) or 1 (pnum, pno), are
 * left out. */
struct hj212_letter {
    struct hj212_text qn, st, cn, pw, mn;
    int flag, pnum, pno;
    bool resend; /* RF=1 (2025): late data */
};
/* Appends ##…CRC and CR LF.  `cp` is what stands between the &&.  ERR_LIMIT beyond
 * HJ212_SEGMENT_MAX: nothing was written. */
int hj212_print(struct buf *buf, const struct hj212_letter *letter, const char *cp, size_t size);
/* The same in as many parts as `cp_max` bytes each need, cut between groups: each repeats a leading
 * DataTime group, has its PNUM and PNO and, as in the standard's examples, a QN of its own one
 * millisecond after the last, beginning with `at`.  Bit D is set.  One part has no numbers.
 * The count of parts, or ERR_LIMIT when one group does not fit. */
int hj212_print_parts(struct buf *buf, const struct hj212_letter *letter, instant_ms at,
                      span_ms zone, const char *cp, size_t size, size_t cp_max);
/* The answer to a packet: its QN, PW, MN and edition, ST=91, nothing wanted in return.  The
 * edition of 2005 names what it answers in the CP, the later ones do not. */
int hj212_print_answer(struct buf *buf, const struct hj212_packet *packet, int command,
                       const char *cp);
enum { HJ212_STAMP_BYTES = 18 };
/* "20160801085857223": QN and the times of 2025 with milliseconds. */
void hj212_stamp(char ret[HJ212_STAMP_BYTES], instant_ms at, span_ms zone);

/* SM4 (2025): the CP's whole blocks of 16 bytes, ECB without padding, written {0xE4,0x3E,…}; what
 * remains stays as it is.  Length and CRC are those of the plain text, which a sealed packet
 * keeps. ------------------------------------------------------------------------------------- */

bool hj212_is_sealed(const char *text, size_t size);
/* Commands whose CP travels sealed where a key is agreed: 2000–2999, 1014, 3020. */
bool hj212_seals(int command);
/* Makes the plain packet out of a sealed one, ready for hj212_parse; a length that counts the
 * sealed bytes is put right.  ERR_SYNTAX when the blocks are not well written.  A wrong key shows
 * as a wrong CRC when it is parsed. */
int hj212_open(struct arena *arena, const unsigned char key[HJ212_KEY_BYTES], const char *text,
               size_t size, struct hj212_text *ret_plain);
/* Seals a packet written by hj212_print, CR LF included.  ERR_SYNTAX when it is none. */
int hj212_seal(struct buf *buf, const unsigned char key[HJ212_KEY_BYTES], const char *text,
               size_t size);

#endif
