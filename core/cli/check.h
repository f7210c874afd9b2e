/* Check: everything that can be said about a path without running it.
 *
 * What a path is, is told by what stands there: a folder with policy.yaml is a bundle, any other
 * folder is looked through, unless it lies in a bundle, which is then checked; a .lua file is a
 * rule script (in a folder only when it makes a rule), YAML is a scenario or part of a bundle, the
 * rest are facts. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "base/err.h"
#include <stdbool.h>
#include <stdio.h>

struct policy;

struct checking {
    struct findings findings;
    bool unreadable; /* a path could not be read at all */
    FILE *verbose;   /* where to say what was found sound; or NULL */
    FILE *talk;      /* where to say that more was checked than the path names; or NULL */
    const struct policy *policy; /* facts are held against it; or NULL: of the bundle they lie in */
    size_t syntax_only;          /* files of this path of which nothing else could be judged */
    char *syntax_first;
    struct checked { /* bundles and scenarios already checked, so that none is checked twice */
        char **folders;
        size_t count, capacity;
    } checked;
};
/* Adds what there is to say about `path` ("-": standard input). */
void check_path(struct checking *checking, const char *path);
void checking_release(struct checking *checking);

/* For check*.c: what a path was found to be. */
void check_bundle(struct checking *checking, const char *folder);
void check_scenario(struct checking *checking, const char *path);
/* Calls `each` for what stands in the folder, in bytewise order of names. */
void check_each(struct checking *checking, const char *folder, int depth,
                void (*each)(struct checking *, const char *path, int depth));
char *check_path_join(const char *folder, const char *name); /* caller frees */

#endif
