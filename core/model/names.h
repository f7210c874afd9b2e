/* Names of one kind: each is given once, and a reference must meet one.
 *
 * Duplicates (X001) are reported with the place of the first, dangling references (X002) with the
 * nearest name that exists.  A name that is missing in hundreds of places is one mistake: its first
 * place is reported, the rest are counted; and where a name that nothing refers to looks like it,
 * the mistake is there. */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/err.h"
#include "base/str.h"

struct yaml;

struct declared_name {
    struct place at; /* nowhere for names without a place */
    bool used;       /* was referred to */
};
/* A name that was referred to and is not there. */
struct missing_name {
    size_t count, marked;
    struct place places[6]; /* of the first so many */
};
/* Zero-initialised but for the words, it is empty. */
struct names {
    const char *english, *chinese; /* "station", "站点" */
    struct intern intern;
    struct declared_name *declared; /* by number */
    size_t capacity;
    struct intern missing;
    struct missing_name *misses; /* by number in `missing` */
    size_t miss_capacity;
    bool incomplete; /* some could not be read: what is not found may exist, so nothing is said */
    int suggested;   /* near misses are searched for only the first few: each walks all names */
};

/* Its number (0, 1, 2 … in order), or -1 and X001 when it was declared before.  `at` may be NULL.
 */
int names_declare(struct names *names, const char *name, const struct yaml *at,
                  struct findings *findings);
/* Its number, or -1 and X002; of a name that was missing before, -1 and one error more. */
int names_refer(struct names *names, const char *name, const struct yaml *at,
                struct findings *findings);
/* Its number, or -1; no finding. */
int names_find(const struct names *names, const char *name);
/* Once all have been referred to: what names were missing in more than one place (X002). */
void names_tell(struct names *names, struct findings *findings);
/* What is referred to from here on may be taken back: it is read again, and its findings with it.
 */
void names_mark(struct names *names);
void names_rewind(struct names *names); /* to the mark */
/* Forgets the names, keeps the words. */
void names_release(struct names *names);

#endif
