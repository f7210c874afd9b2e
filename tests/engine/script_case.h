/* Scripts under test: the base bundle of tests/scripts/base with one script in it, and lists of
 * files. */
#ifndef TESTS_ENGINE_SCRIPT_CASE_H
#define TESTS_ENGINE_SCRIPT_CASE_H

#include "base/err.h"
#include "engine/rule.h"
#include "model/bundle.h"

struct script_case {
    struct bundle *bundle;
    struct program *program; /* NULL when there were errors */
    struct findings findings;
};
/* Compiles the text as rule.lua of the base bundle. */
struct script_case script_case_new(const char *text);
void script_case_release(struct script_case *script_case);
/* The case's only rule. */
const struct rule *script_case_rule(const struct script_case *script_case);

/* Whole file; caller frees. */
char *script_case_read(const char *path, size_t *ret_size);
/* Names in a folder that end so, sorted; the count in *ret.  Caller frees with
 * script_case_free_list. */
char **script_case_list(const char *folder, const char *end, size_t *ret_count);
void script_case_free_list(char **names, size_t count);
/* All findings, one a line; for messages.  Static. */
const char *script_case_findings(const struct findings *findings);

#endif
