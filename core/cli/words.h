/* Words: decisions and times as people say them, in the language in force.
 *
 * What a decision says is fixed and in ASCII ("aqi_day > 200 for 48h from 2015-11-06"), because
 * programs read it and the digest covers it.  Here it becomes Chinese or English for a reader, and
 * only for a reader. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "engine/engine.h"
#include <stdbool.h>
#include <stdio.h>

struct buf;
struct policy;
struct share;

/* 2015-11-04 周三 16:00 | 2015-11-04 Wed 16:00 */
void words_when(struct buf *buf, instant_ms instant, span_ms zone);
/* 3天4小时 | 3 d 4 h ; 30分钟 | 30 min */
void words_span(struct buf *buf, span_ms span);
/* 日AQI > 200 持续48小时，自2015-11-06起 ; what is not understood stays as it is. */
void words_because(struct buf *buf, const char *because);
/* The same of several, parted by "; " as results of expectations have them. */
void words_reasons(struct buf *buf, const char *reasons);
/* "aqi_day" → 日AQI ; unknown names stay. */
const char *words_series(const char *series);
const char *words_kind(enum decision_kind kind); /* 升级 | raised */
const char *words_level(const struct policy *policy,
                        const char *level); /* 红色 | red; NULL: 无 | none */
/* The name of a district or area by its code, as far as the policy gives it; else the code. */
const char *words_district(const struct policy *policy, const char *code);
/* What kind a measure of the catalogue is: 停产停工, 限产, 停用车辆机械, 其他措施. */
const char *words_measure_kind(const struct policy *policy, const char *id);
const char *words_recipient(const struct policy *policy, const char *id); /* its name, or the id */
/* "21.3" : percent of the total with one place, rounded down, so that 19.96 never reads as reached.
 */
void words_percent(struct buf *buf, const struct share *share);
bool share_reached(const struct share *share);
/* "SO2 21.3% ≥ 20% ✓   NOx …", with ink for `stream`. */
void print_shares(FILE *stream, const struct share *shares);
/* False when the policy has no inventory: then there are no shares to speak of. */
bool shares_known(const struct share *shares);

#endif
