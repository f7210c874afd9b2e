/* Errors and findings.
 *
 * Three kinds of trouble, three treatments.  A programmer's error asserts (also in release).  An
 * operating error is a negative `enum err`, returned.  An author's error (a bad line of YAML, Lua
 * or CSV) becomes a `struct finding` with the author's own file, line and column; findings are
 * collected, never only the first.  Code below core/shell does not log and does not print.
 *
 * Running out of memory ends the process with a message (see xalloc.h): the journal is written
 * before anything is promised, so stopping loses nothing. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* Fallible functions return 0 or one of these, and leave their ret_ arguments untouched on failure.
 */
enum err {
    ERR_LIMIT = -2,     /* a bound of limits.h was reached */
    ERR_SYNTAX = -3,    /* malformed YAML, JSON, CSV or Lua */
    ERR_INVALID = -4,   /* well formed, but not allowed to mean this */
    ERR_NOT_FOUND = -5, /* no such file, name or fact */
    ERR_CONFLICT = -6,  /* already recorded with different content */
    ERR_STORE = -7,     /* the store refused; see the finding */
    ERR_SCRIPT = -8,    /* a rule raised an error or spent its budget */
    ERR_IO = -9,        /* a file could not be read or written; see the finding */
};

/* Static text in the language in force; never freed. */
const char *err_str(int err);

enum severity { SEV_ERROR, SEV_WARNING, SEV_REVIEW };

/* Where a person should look: the file and line they wrote, not ours.  Strings are owned. */
struct finding {
    char *file;    /* as the user named it; "" when there is none */
    int line, col; /* from 1, in characters; 0 when unknown */
    enum severity severity;
    char code[12]; /* stable, e.g. "Y003"; `yujing check --explain CODE` says more */
    char *message; /* one sentence, in the language in force */
    char *hint;    /* what to do about it, or NULL */
};

/* A growing list of findings.  Zero-initialised is empty. */
struct findings {
    struct finding *items;
    size_t count, capacity;
    size_t errors, warnings; /* counts by severity */
};

struct place {
    const char *file;
    int line, col;
};

/* One error more of a kind that has been told of already. */
void findings_count_error(struct findings *findings);
/* Appends one finding; strings are copied.  Only counted are those after limits.h FINDINGS_MAX, and
 * one without a line that says what another has said of the same file.  `hint` may be NULL.
 * `format` is usually tr("english", "中文"). */
void findings_add(struct findings *findings, enum severity severity, const char *code,
                  struct place place, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Moves all of `from` to the end of `to`. */
void findings_join(struct findings *to, struct findings *from);
/* Orders by file, line, column, code; stable. */
void findings_sort(struct findings *findings);
void findings_release(struct findings *findings);

#endif
