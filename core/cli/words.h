/* Words: times, places, recipients and shares as people say them, in the language in force.  What a
 * decision itself says becomes words in engine/decision_words.h. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "engine/decision_words.h"
#include <stdbool.h>
#include <stdio.h>

struct buf;
struct policy;
struct share;

/* 2015-11-04 周三 16:00 | 2015-11-04 Wed 16:00 */
void words_when(struct buf *buf, instant_ms instant, span_ms zone);
/* The name of a district or area by its code, as far as the policy gives it; else the code. */
const char *words_district(const struct policy *policy, const char *code);
/* What kind a measure of the catalogue is: 停产停工, 限产, 停用车辆机械, 其他措施. */
const char *words_measure_kind(const struct policy *policy, const char *id);
const char *words_recipient(const struct policy *policy, const char *id); /* its name, or the id */
/* "SO2 21.3% ≥ 20% ✓   NOx …", with ink for `stream`. */
void print_shares(FILE *stream, const struct share *shares);
/* False when the policy has no inventory: then there are no shares to speak of. */
bool shares_known(const struct share *shares);

#endif
