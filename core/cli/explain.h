/* Explain: what a finding's code means, at more length than the finding itself. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "cli/options.h"
#include <stdbool.h>
#include <stddef.h>

/* A code keeps its meaning for ever, because people search for it. */
struct explanation {
    const char *code;
    struct text title; /* one line */
    struct text body;  /* why, and what to do; {NULL, NULL} where the title says it all */
};
/* Sorted by code. */
extern const struct explanation explanations[];
extern const size_t explanation_count;

const struct explanation *explain_find(const char *code); /* any case; or NULL */
/* Prints one code's text, or with "all" every code and its title.  False: unknown, and nothing was
 * printed. */
bool explain_print(const char *code);

#endif
