/* What an upload says: values by factor code, each with its kind, its figure exactly as sent, and
 * its flag.
 *
 *     a21026-Avg=24,a21026-Flag=N    →  code a21026, kind Avg, value "24", flag "N"
 *
 * Codes stay as they are sent: those of 2017 and 2025 (a21026, w01018, d20405), and the short ones
 * of 2005 (02, 011, B01).  What a code means, and in which unit, says the policy. */
#ifndef MODEL_HJ212_READING_H
#define MODEL_HJ212_READING_H

#include "base/decimal.h"
#include "model/hj212.h"

/* What follows the last hyphen of a key. */
enum hj212_kind {
    HJ212_RTD,
    HJ212_MIN,
    HJ212_AVG,
    HJ212_MAX,
    HJ212_COU,
    HJ212_ZS_RTD, /* Zs…: converted to the reference oxygen content (折算) */
    HJ212_ZS_MIN,
    HJ212_ZS_AVG,
    HJ212_ZS_MAX,
    HJ212_ZS_COU,
    HJ212_RS, /* running state of a facility: 0 off, 1 running, 2 calibrating, 3 in repair, 4 alarm,
                 5 blowing back */
    HJ212_RT, /* running hours of a day */
    HJ212_DATA, /* noise: L10-Data, Leq-Data … */
    HJ212_DAY_DATA,
    HJ212_NIGHT_DATA,
    HJ212_INFO, /* state, log or parameter of a device, as text */
    HJ212_SN,
    HJ212_OTHER, /* a key with another ending, or none: the whole key is the code */
};
const char *hj212_kind_word(enum hj212_kind kind); /* "Avg", "ZsAvg"; "" for HJ212_OTHER */

struct hj212_item {
    struct hj212_text code, value;
    struct hj212_text flag; /* "N"; empty: none was sent */
    enum hj212_kind kind;
};
struct hj212_reading {
    instant_ms at; /* DataTime: the start of the period, or the moment of 2011, 2013, 2021 and 3020;
                      INSTANT_NONE when it was not sent or cannot be meant */
    span_ms period; /* 2061 and 2062: an hour; 2031, 2041: a day; 2051, 2052: 0, the interval is the
                       logger's; 2111: five minutes; a moment: 0 */
    bool moment;    /* the values speak of one moment */
    const struct hj212_item *items; /* in the order sent */
    uint32_t item_count;
};

/* Uploads of values: 2011, 2013, 2021, 2031, 2041, 2051, 2052, 2061, 2062, 2111 and 3020.  A flag
 * belongs to all values of its code; one that stands alone as a group (`…;Flag=N`, sent by some)
 * belongs to the group before it.  A code's EFlag and SampleTime are no values: hj212_value finds
 * them in the packet.  Everything points into the packet or the arena.  ERR_NOT_FOUND
 * when the command is none of these. */
int hj212_reading_read(struct arena *arena, const struct hj212_packet *packet, span_ms zone,
                       struct hj212_reading *ret_reading);
/* Fourteen digits, or seventeen with milliseconds; 23:59:60 and 24:00:00 are the second after.
 * ERR_SYNTAX, or ERR_INVALID for a time that does not exist. */
int hj212_time_read(struct hj212_text text, span_ms zone, instant_ms *ret_at);
/* A figure in millionths: "24", "-0.041", "1.", ".5", "1.2e3".  ERR_SYNTAX when it is none,
 * ERR_LIMIT beyond MICRO_MAX. */
int hj212_figure_read(struct hj212_text text, micro *ret_value);

#endif
