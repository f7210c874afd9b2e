/* Coverage: which of a policy's sentences its cases have put to the test.
 *
 *   rule    a rule that decided something because its conditions held
 *   clause  a condition that was seen to hold and seen not to hold: two halves
 *   row     an enterprise at a level of the list (or a site, a fleet) that was ever ordered what
 * stands there
 *
 * Rules are known by name and clauses by number, so that cases which override figures count for the
 * same bundle. */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "base/buf.h"
#include "shell/scenario_run.h"
#include <stdio.h>

struct covered_rule {
    char *name, *file;
    int line, conditions;
    unsigned char *seen; /* by condition: bit 0 did not hold, bit 1 held */
    bool *opens;         /* by condition: the rule acts by it (not one that lifts or clears) */
    int *lines;          /* by condition: line in the rule's file; 0: none */
    char **words;        /* by condition: in words, or NULL */
    char *follows;       /* the warning a rota follows, or NULL */
    int follows_level;
    bool decided;
};
/* Of one bundle. */
struct coverage {
    char *folder;
    struct covered_rule *rules;
    size_t rule_count, rule_capacity;
    int levels;
    size_t recipients;
    unsigned char *rows; /* recipient × level: bit 0 stands in the list, bit 1 was ordered */
    char **row_names;    /* by recipient */
    char **level_names;
};
enum coverage_part { COVERAGE_RULE, COVERAGE_CLAUSE, COVERAGE_ROW, COVERAGE_PARTS };
extern const char *const coverage_words[]; /* rule clause row; NULL ends */

/* Makes room for the rules and rows of a program. */
void coverage_prepare(struct coverage *coverage, const char *folder, struct program *program);
/* For run_options.covered; `arg` is the coverage. */
void coverage_clause(void *arg, const struct rule *rule, int condition, bool held);
/* Takes over what a run decided. */
void coverage_run(struct coverage *coverage, const struct run *run);
void coverage_count(const struct coverage *coverage, enum coverage_part part, size_t *ret_covered,
                    size_t *ret_total);
/* One line a part, and below it what is missing. */
void coverage_print(FILE *stream, const struct coverage *coverage, unsigned parts);
void coverage_json(struct buf *buf, const struct coverage *coverage, unsigned parts);
void coverage_release(struct coverage *coverage);

#endif
