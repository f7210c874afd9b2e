/* Feeding texts and looking at what came out. */
#ifndef TESTS_FEED_CASE_H
#define TESTS_FEED_CASE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/feed.h"

/* A feed in the zone of Shanghai with one text in it, sorted.  `findings` is filled. */
struct feed *feed_of_text(const char *name, const char *text, size_t size,
                          struct findings *findings);
/* "time subject series=value[/flag] …" one line a fact, local time; `!` in front of a conflict;
 * other kinds by name. */
char *feed_lines(const struct feed *feed);
/* "line:col CODE" for each finding, joined by spaces. */
char *finding_places(const struct findings *findings);
void expect_text(char *found, const char *expected, const char *what); /* frees `found` */

#endif
