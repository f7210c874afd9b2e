/* Tidings: what those who read facts must hear of the policy in force.
 *
 * The engine goes when another takes over, and its policy may stay: the worker gives the loop a
 * share of it, after the turn in which the change was committed. */
#ifndef SHELL_TIDINGS_H
#define SHELL_TIDINGS_H

#include "base/hash.h"
#include <stdbool.h>

struct bundle;
struct generation;

struct tidings {           /* zero at the start */
    char heard[HASH_HEX];  /* of the last policy that was told of; "" none */
    bool fresh;            /* something is to be told */
    struct bundle *bundle; /* NULL: it is the configured one */
    bool *reads;           /* its readership */
};
/* On the worker's thread, after a turn that succeeded.  `configured` is the hash of the policy that
 * everybody was opened with. */
void tidings_look(struct tidings *tidings, const struct generation *generation,
                  const char *configured);
void tidings_release(struct tidings *tidings); /* what was not told */

#endif
