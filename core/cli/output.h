/* Output: findings, colours, tables, progress.
 *
 * Results go to stdout, talk to stderr.  Colour never carries a meaning alone; widths count a
 * Chinese character as two columns; a progress bar appears only on a terminal and only when work
 * takes over a second. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/err.h"
#include "cli/options.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum form { FORM_TEXT, FORM_JSON, FORM_JSONL };
/* What `-o` asks for (the option `output` of the verb's table); text when not given. */
enum form options_form(const struct options *options);
/* The table row for -o: OPTION_OUTPUT("text|json|jsonl"). */
#define OPTION_OUTPUT(forms)                                  \
    {                                                         \
        'o', "output", OPTION_VALUE, forms, COMPLETE_NOTHING, \
            {"form of the result", "结果的输出格式"}, "text"  \
    }

enum ink {
    INK_NONE,
    INK_BOLD,
    INK_DIM,
    INK_RED,
    INK_ORANGE,
    INK_YELLOW,
    INK_GREEN,
    INK_BLUE,
    INK_CYAN
};
/* "auto" (the default), "always" or "never"; anything else is "auto". */
void colour_choose(const char *when);
bool colour_used(FILE *stream);
/* A person watches this stream on a terminal that understands escapes. */
bool is_screen(FILE *stream);
/* The escape that begins this ink, or "" when the stream takes no colour; ink_end ends any. */
const char *ink(FILE *stream, enum ink ink);
const char *ink_end(FILE *stream);
/* Ink of a warning level by its name: yellow, orange, red, blue. */
enum ink level_ink(const char *level);

/* Text out of files that others wrote: what a terminal would obey is shown as \xNN, and so is what
 * is not UTF-8. */
void print_harmless(FILE *stream, const char *text);
/* `file:line:col: severity[CODE]: message`, the hint on the next line; or
 * {"findings":[…],"errors":n,…}; or one object a line.  Sort them first if they should be sorted.
 */
void findings_print(FILE *stream, const struct findings *findings, enum form form);
/* To stderr, after what was printed so far: both may be one file, and half a line of the result
 * must not end in the middle of a character. */
void output_talk(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For verbs that only need their input: prints to stderr when there are any errors or warnings. */
void findings_tell(const struct findings *findings);

/* A table of text: columns as wide as their widest cell. */
struct table;
struct table_column {
    struct text head; /* {NULL, NULL} in all columns: no head line */
    bool right;       /* numbers */
};
struct table *table_new(const struct table_column *columns, int count);
/* The next cell, row by row. */
void table_cell(struct table *table, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void table_print(FILE *stream, const struct table *table, int indent);
int table_rows(const struct table *table);
void table_free(struct table *table);
/* Prints the text and fills up with spaces to `columns` (never cuts). */
void print_padded(FILE *stream, const char *text, int columns);

/* Progress of long work on stderr. */
struct progress {
    struct text what;
    uint64_t total, shown_ms, started_ms;
    bool possible, visible;
};
void progress_begin(struct progress *progress, struct text what, uint64_t total);
void progress_at(struct progress *progress, uint64_t done); /* cheap: call it for every item */
void progress_end(struct progress *progress);               /* wipes the bar */

/* Flushes stdout.  Returns `exit_code`, or 4 with a message when stdout could not be written;
 * silent when the reader went away. */
int output_finish(int exit_code);

#endif
