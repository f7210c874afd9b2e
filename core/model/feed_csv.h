/* A table of facts while it is being read.  For feed_csv*.c only. */
#ifndef MODEL_FEED_CSV_H
#define MODEL_FEED_CSV_H

#include "model/feed_parts.h"
#include "model/feed_table.h"

enum column {
    COLUMN_TIME,
    COLUMN_SUBJECT,
    COLUMN_SERIES,
    COLUMN_VALUE, /* those before and this one are needed */
    COLUMN_FLAG,
    COLUMN_PERIOD,
    COLUMN_SOURCE,
    COLUMNS
};
extern const char *const csv_columns[COLUMNS];
enum { SHORT_BYTES = 64 }; /* times, periods and figures are shorter */

struct csv {
    struct feed *feed;
    const char *name;
    int file;
    span_ms offset;
    struct findings *findings;
    struct table_reader table;
    int place[COLUMNS]; /* of each column in a row, or -1 */
    int width;          /* cells of a row; 0: the header has not come yet */
    bool useless;       /* nothing more can be read: that has been told */
    size_t rows, kept;  /* records below the header, and those that became facts */
    size_t errors_before;
    /* The cells before, because neighbours mostly have the same time and period. */
    char time_text[SHORT_BYTES], period_text[SHORT_BYTES];
    instant_ms time;
    span_ms period;
};

/* feed_csv_head.c: the first line, and what a table is made of. */
/* The record just split is the header; a bad one makes the table useless. */
void csv_header(struct csv *csv);
/* False, with a finding, when the first record, of so many bytes, is many lines that end with CR
 * alone. */
bool csv_line_ends(struct csv *csv, enum table_answer answer, const char *record, size_t size);
/* False, with a finding, when the record just split is parted by something else than commas. */
bool csv_separators(struct csv *csv);

/* feed_csv_cells.c: one cell each.  False when it was told what is wrong. */
/* The cell of a column in the record just split; an empty one where there is no such column. */
const struct cell *csv_cell(const struct csv *csv, enum column column);
bool csv_time(struct csv *csv);   /* to csv->time */
bool csv_period(struct csv *csv); /* to csv->period */
bool csv_name(struct csv *csv, enum column column);
bool csv_value(struct csv *csv, micro *ret);
bool csv_flag(struct csv *csv, char *ret);

struct place csv_place(const struct csv *csv, const struct cell *cell);
/* "%.*s" of a cell, short enough for a message and never ending inside a character. */
int csv_shown(const struct cell *cell);
/* Copies a cell as a string; false when it cannot be one of `size` bytes. */
bool csv_copy(const struct cell *cell, char *ret, size_t size);
#define csv_refuse(csv, cell, code, hint, ...) \
    findings_add((csv)->findings, SEV_ERROR, code, csv_place(csv, cell), hint, __VA_ARGS__)

#endif
