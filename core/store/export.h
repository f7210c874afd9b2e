/* The export: facts with their links, and what stands beside them, as JSON Lines.
 *
 * Everything that is hashed for a link is in the lines, so that the chain can be computed again
 * from them alone.  Archive files of retired facts have the same form. */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H

#include "store/store.h"

struct export_counts {
    int64_t facts, rows;
};
/* Calls `emit` with each line (no line end) for the facts after `after` up to `until` until it
 * returns non-zero, which is then the answer; 0: all; ERR_STORE.
 *
 *     {"fact":7,"recorded":1767225600000,"chain":"…","event":{…}}
 *     {"decision":"7/0","after":7,"chain":"…","at":…,"kind":…,"rule":…,…,"line":"…","text":…}
 *     {"letter":"…","after":7,"chain":"…","seq":7,"number":0,"kind":…,…,"body":…}
 */
int export_lines(struct store *store, int64_t after, int64_t until,
                 int (*emit)(void *arg, const char *line, size_t size), void *arg,
                 struct export_counts *ret_counts);

#endif
