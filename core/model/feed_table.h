/* Records of comma-separated text (RFC 4180): one at a time, as slices of the text. */
#ifndef MODEL_FEED_TABLE_H
#define MODEL_FEED_TABLE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    TABLE_CELLS_MAX = 64,          /* honest tables have 4 to 7 columns */
    TABLE_QUOTED_BYTES_MAX = 4096, /* one quoted cell; bounds what a quote left open can swallow */
};

/* Without the quotes and the blanks around it.  Borrowed from the text (or from `unquoted`) until
 * the next record. */
struct cell {
    const char *text;
    size_t size;
    const char *at;         /* where it stands, quotes included */
    const char *line_start; /* of the line it stands in */
    int line;
    size_t kept; /* text == NULL while splitting: offset in `unquoted` */
};

struct table_reader {
    struct cell cells[TABLE_CELLS_MAX + 1]; /* the one more: where a record went wrong */
    int count;
    int line;            /* of the text to come, from 1 */
    bool skipping;       /* the rest of a line that is too long */
    struct buf unquoted; /* cells that held doubled quotes */
};

enum table_answer {
    TABLE_ROW,      /* cells[0 … count - 1] */
    TABLE_BLANK,    /* a line of blanks or empty cells: nothing */
    TABLE_MORE,     /* the record goes on beyond the text: call again with more */
    TABLE_QUOTE,    /* a quote was not closed, or something follows it: skipped to the next line */
    TABLE_TOO_MANY, /* of cells: skipped */
    TABLE_TOO_LONG, /* a line: skipped */
};
/* Takes one record from the front; *ret_used bytes of it are done with (also for a record that is
 * skipped, not for TABLE_MORE). */
enum table_answer table_next(struct table_reader *table, const char *text, size_t size, bool last,
                             size_t *ret_used);
/* The column of a cell, in characters from 1. */
int table_col(const struct cell *cell);
void table_release(struct table_reader *table);

#endif
