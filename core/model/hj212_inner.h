/* Between the files that read a packet; nobody else includes this. */
#ifndef MODEL_HJ212_INNER_H
#define MODEL_HJ212_INNER_H

#include "model/hj212.h"

/* One reading under way. */
struct hj212_attempt {
    struct arena *arena;
    struct hj212_packet packet;
    struct hj212_problem problem;
    bool lenient;
};
/* ERR_SYNTAX, with the problem noted at byte `at` of the text. */
int hj212_fail(struct hj212_attempt *attempt, enum hj212_fault fault, size_t at);
/* True, and noted, when reading is lenient. */
bool hj212_forgive(struct hj212_attempt *attempt, enum hj212_forgiven what);
/* Header and CP of attempt->packet.segment, which stands at byte `offset` of the text. */
int hj212_segment_read(struct hj212_attempt *attempt, size_t offset);
/* Finds the frame in what a real logger sent. */
int hj212_lenient_read(struct hj212_attempt *attempt, const char *text, size_t size);
/* Four hexadecimal digits of either case, or -1. */
int hj212_hex(const char *at);

#endif
