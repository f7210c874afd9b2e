/* The readership: which series a policy reads.
 *
 * Loggers send every moment's value of everything they measure.  What no rule and no evidence looks
 * at is counted and forgotten; so whoever takes readings in must know what is looked at. */
#ifndef SHELL_READERSHIP_H
#define SHELL_READERSHIP_H

#include <stdbool.h>

struct program;

/* By position in policy.series; caller frees.  A rule with a function of its own may look at
 * anything: then all are read. */
bool *readership_of(const struct program *program);

#endif
