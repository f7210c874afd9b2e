/* Sheets: comma-separated tables as spreadsheet programs read and write them.
 *
 * Written with a byte order mark (or in GB18030), CRLF, and a leading apostrophe before whatever a
 * spreadsheet would take for a formula or shorten: = + - @ at the front, figures of more than 11
 * digits, leading zeros. Reading takes the apostrophe off again, so that writing and reading are
 * inverse. */
#ifndef MODEL_SHEET_H
#define MODEL_SHEET_H

#include "base/arena.h"
#include <stddef.h>

struct buf;
struct findings;

enum sheet_encoding { SHEET_UTF8, SHEET_GB18030 };

struct sheet_cell {
    const char *text; /* never NULL */
    int line, col;    /* where it begins in the file, col in characters */
};
struct sheet_row {
    struct sheet_cell *cells;
    int count;
    int number; /* as the spreadsheet counts rows, from 1 */
};
/* Zero-initialised is empty.  Texts live in the arena. */
struct sheet {
    struct arena arena;
    const char *file;
    struct sheet_row *rows; /* the first one is the head; blank rows are left out */
    size_t count, capacity;
};

/* Reads UTF-8 (with or without a mark) or GB18030; commas, semicolons or tabs, whichever the head
 * has most of.  Negative after a finding (I…).  `file` is borrowed. */
int sheet_read(struct sheet *ret_sheet, const char *file, const char *text, size_t size,
               struct findings *findings);
void sheet_release(struct sheet *sheet);
/* "H3". */
const char *sheet_reference(struct arena *arena, int row, int column);

/* Appends one cell; `first` of its row or not.  sheet_end_row ends the row. */
void sheet_add(struct buf *buf, const char *text, int first);
void sheet_end_row(struct buf *buf);
/* The finished UTF-8 text as bytes of a file.  ERR_INVALID when this machine cannot convert. */
int sheet_encode(const struct buf *text, enum sheet_encoding encoding, struct buf *ret_bytes);

#endif
