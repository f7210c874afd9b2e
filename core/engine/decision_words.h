/* Words of decisions, as people say them, in the language in force.
 *
 * What a decision says is fixed and in ASCII ("aqi_day > 200 for 48h from 2015-11-06"), because
 * programs read it and the digest covers it.  Here it becomes Chinese or English for a reader, and
 * only for a reader: the terminal, a report, the daemon's log. */
#ifndef ENGINE_DECISION_WORDS_H
#define ENGINE_DECISION_WORDS_H

#include "engine/engine.h"

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

#endif
