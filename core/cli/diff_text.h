/* The text of `yujing diff`. */
#ifndef CLI_DIFF_TEXT_H
#define CLI_DIFF_TEXT_H

#include "cli/compare.h"
#include <stdio.h>

struct bundle;

struct diff_side {
    const char *folder;
    const struct bundle *bundle;
    struct chronicle chronicle;
    char digest[HASH_HEX];
};
/* `all`: every recipient that changed, not only the first ones. */
void diff_print_text(FILE *stream, const struct diff_side sides[2],
                     const struct comparison *comparison, bool all);
/* "newly bound" …: also the keys of the JSON form when `key` is true. */
const char *change_words(enum change change, bool key);

#endif
