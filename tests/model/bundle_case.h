/* One case of tests/bundles: changes to the base bundle and the findings they must lead to.
 *
 *   # what is wrong, in words
 *   --- edit policy.yaml       "-" lines stand in the base file, one after the other; "+" lines
 * take their place -settle_after: 30m +settle_after: 30
 *   --- series.yaml            the whole file instead of the base's
 *   --- escaped series.yaml    the same, with \xNN and \n understood and line ends dropped
 *   --- delete measures.yaml
 *   --- with                   overrides, JSON
 *   --- expect                 every finding in order: file:line:col CODE, then, after a bar, words
 * that the policy.yaml:20:15 S008 | add the unit        message or the hint must hold
 */
#ifndef TESTS_MODEL_BUNDLE_CASE_H
#define TESTS_MODEL_BUNDLE_CASE_H

#include "base/arena.h"
#include "model/bundle.h"

enum { CASE_TEXTS_MAX = 64 };

struct bundle_case {
    struct arena arena;
    struct bundle_text texts[CASE_TEXTS_MAX];
    size_t count;
    const char *with;   /* or NULL */
    const char *expect; /* lines */
    char *trouble;      /* what is wrong with the case file itself, or NULL; in the arena */
};

/* The base bundle alone; `folder` is tests/bundles/base. */
void bundle_case_base(struct bundle_case *ret_case, const char *folder);
/* Applies one case file's text to it. */
void bundle_case_apply(struct bundle_case *bundle_case, const char *text);
void bundle_case_release(struct bundle_case *bundle_case);

#endif
