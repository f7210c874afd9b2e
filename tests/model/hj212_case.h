/* Packets of a file, a line of JSON each, and what must be read out of them. */
#ifndef TESTS_HJ212_CASE_H
#define TESTS_HJ212_CASE_H

#include "base/json.h"
#include "model/hj212.h"

/* Calls `each` with every line of the file as an object; the count of lines, or -1 when the file is
 * not here. */
int each_hj212_case(const char *path, void (*each)(const json_t *line, void *arg), void *arg);
/* Header pairs as [[key, value]…] or an ordered object, groups as [[[key, value]…]…]. */
bool hj212_header_is(const struct hj212_packet *packet, const json_t *wanted);
bool hj212_groups_are(const struct hj212_packet *packet, const json_t *wanted);
/* Packets of ours, for streams: sound ones of several lengths. */
extern const char *const hj212_sound[];
extern const int hj212_sound_count;

#endif
