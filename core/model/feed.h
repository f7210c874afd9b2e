/* A feed: facts out of files, in the order in which the engine would have learnt them.
 *
 * Reads CloudEvents as JSON (one object or an array), as JSON Lines, and CSV
 * (`time,subject,series,value` and, when wanted, `flag`, `period`, `source`; UTF-8 with or without
 * BOM, or GBK; CRLF; quoted fields).  The kind is told by the content, not by the name.  Files are
 * merged by arrival; facts of one instant keep the order files in command order, lines in file
 * order.  Repeats of (source, id) with equal content are dropped and counted; with other content
 * they are kept, marked `conflict`.  Every complaint has file:line:col.
 *
 * A CSV row has the source "csv" (or what its source column says) and the id
 * `subject/series/instant`, so the same row in two files is one fact, and another value for the
 * same hour is a conflict.  A row is kept as 24 bytes and becomes a struct fact only while somebody
 * looks at it: a million rows are 24 MB. */
#ifndef MODEL_FEED_H
#define MODEL_FEED_H

#include "model/fact.h"

struct feed;
struct findings;
struct policy;

/* `zone` for local times.  `policy` (may be NULL; must outlive the feed) says what step a series
 * has: the period of a CSV row that names none; 1 h where it does not know the series.  Never
 * fails. */
int feed_new(struct feed **ret_feed, span_ms zone, const struct policy *policy);
/* Adds the facts of one file ("-": standard input).  `offset` is added to every time (a scenario's
 * rebasing); ids then carry the offset, so that one file can be played twice.  Bad lines are left
 * out with a finding each and the good ones kept: the caller decides by findings->errors.
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT when the file could not be read; ERR_SYNTAX or ERR_INVALID when
 * some of it was left out. */
int feed_add_file(struct feed *feed, const char *path, span_ms offset, struct findings *findings);
int feed_add_text(struct feed *feed, const char *name, const char *text, size_t size,
                  span_ms offset, struct findings *findings);
/* One fact built by the caller (an inject); copied. */
void feed_add_fact(struct feed *feed, const struct fact *fact);
/* Sorts what was added and settles repeats; conflicts are told as warnings (N…) in `findings`,
 * which may be NULL. Then facts are numbered 0 … feed_count - 1.  May be called again after further
 * adding. */
void feed_sort(struct feed *feed, struct findings *findings);
size_t feed_count(const struct feed *feed);
/* Borrowed until the next feed_fact of this feed: copy what you keep (fact_copy). */
const struct fact *feed_fact(const struct feed *feed, size_t number);
/* When fact `number` arrives; leaves feed_fact's fact alone. */
instant_ms feed_arrival(const struct feed *feed, size_t number);
size_t feed_repeats(const struct feed *feed);
void feed_free(struct feed *feed);

#endif
