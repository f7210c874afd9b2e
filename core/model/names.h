/* Names of one kind: each is given once, and a reference must meet one.
 *
 * Duplicates (X001) are reported with the place of the first, dangling references (X002) with the
 * nearest name that exists. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/err.h"
#include "base/str.h"

struct yaml;

/* Zero-initialised but for the words, it is empty. */
struct names {
    const char *english, *chinese; /* "station", "站点" */
    struct intern intern;
    struct place *first; /* where each was declared; nowhere for names without a place */
    size_t capacity;
    bool incomplete; /* some could not be read: what is not found may exist, so nothing is said */
    int suggested;   /* near misses are searched for only the first few: each walks all names */
};

/* Its number (0, 1, 2 … in order), or -1 and X001 when it was declared before.  `at` may be NULL.
 */
int names_declare(struct names *names, const char *name, const struct yaml *at,
                  struct findings *findings);
/* Its number, or -1 and X002. */
int names_refer(struct names *names, const char *name, const struct yaml *at,
                struct findings *findings);
/* Its number, or -1; no finding. */
int names_find(const struct names *names, const char *name);
/* Forgets the names, keeps the words. */
void names_release(struct names *names);

#endif
