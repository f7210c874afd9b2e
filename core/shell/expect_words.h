/* Expectations in words: what was expected and what came instead. */
#ifndef SHELL_EXPECT_WORDS_H
#define SHELL_EXPECT_WORDS_H

#include "shell/scenario_run.h"

void expect_print(struct buf *buf, const struct scenario *scenario, const struct expect *expect);
/* "T+16h issue orange, T+40h raise red"; "no transition" */
void transitions_print(struct buf *buf, const struct run *run, const char *rule);
/* " raise red", in the language in force */
void decision_words_print(struct buf *buf, const struct policy *policy,
                          const struct record *record);
/* The lines of a decision's because, parted by "; ". */
void because_print(struct buf *buf, const struct record *record);

#endif
