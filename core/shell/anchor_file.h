/* The anchors file: the store's daily anchors, one line each, for keeping elsewhere.
 *
 * Who cuts the end of the journal off and writes it anew is found by this file and by nothing else,
 * so it belongs on another disk, or is mailed or printed every day.  Lines are only ever added. */
#ifndef SHELL_ANCHOR_FILE_H
#define SHELL_ANCHOR_FILE_H

#include "base/when.h"

struct findings;
struct store;

struct anchor_file {
    const char *path; /* borrowed; NULL: none is configured */
    instant_ms last;  /* of the last line; INSTANT_NONE: not read yet */
    bool known;
    bool failed; /* it could not be written the last time */
};
/* Worker's thread: adds the anchors that are not in the file yet.  The number added, or ERR_IO,
 * ERR_STORE; *ret_trouble is then a static text or errno's. */
int anchor_file_update(struct anchor_file *file, struct store *store, const char **ret_trouble);

/* At a start: whether the store has every head that the file knows.  0 (also where there is no file
 * yet, or, with a warning, where it cannot be read); ERR_INVALID with a finding D118 that says what
 * to do; ERR_STORE. */
int anchor_file_compare(const char *path, struct store *store, struct findings *findings);

#endif
