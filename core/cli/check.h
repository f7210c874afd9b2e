/* Check: everything that can be said about a path without running it.
 *
 * What a path is, is told by what stands there: a folder with policy.yaml is a bundle, any other
 * folder is looked through, a .lua file is a rule script, YAML is a scenario or part of a bundle,
 * the rest are facts. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "base/err.h"
#include <stdbool.h>
#include <stdio.h>

struct checking {
    struct findings findings;
    bool unreadable; /* a path could not be read at all */
    FILE *verbose;   /* where to say what was found sound; or NULL */
    struct checked { /* bundles already checked, so that none is checked twice */
        char **folders;
        size_t count, capacity;
    } checked;
};
/* Adds what there is to say about `path` ("-": standard input). */
void check_path(struct checking *checking, const char *path);
void checking_release(struct checking *checking);

#endif
