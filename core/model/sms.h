/* How many short messages a text becomes: what a gateway bills, and what its rate is counted in.
 *
 * A text of the GSM 7-bit alphabet (3GPP TS 23.038) has 160 units in one message, 153 in each of
 * several; any other, so every Chinese one, is UCS-2 with 70 and 67.  A signature in 【】 counts
 * where it is part of the text. */
#ifndef MODEL_SMS_H
#define MODEL_SMS_H

#include <stdbool.h>

struct sms_size {
    bool gsm7;
    int units;    /* septets, or UTF-16 code units */
    int segments; /* 0 for an empty text */
};
/* The text is valid UTF-8.  A pair (an extension character, a surrogate pair) is never parted
 * between two segments. */
struct sms_size sms_size(const char *text);

#endif
