/* Splitting text into records and cells.
 *
 * A line without any quote, as nearly all are, is split at its commas.  Only where a quote opens a
 * cell may the record go on over line ends.  A record that goes wrong is skipped to the end of the
 * line it began on, so that one forgotten quote costs one line and not the file. */
#include "model/feed_table.h"
#include "base/limits.h"
#include "base/str.h"
#include <string.h>

void table_release(struct table_reader *table)
{
    buf_release(&table->unquoted);
}

int table_col(const struct cell *cell)
{
    return (int)str_chars(cell->line_start, (size_t)(cell->at - cell->line_start)) + 1;
}

/* Where the record stands while it is split. */
struct cut {
    struct table_reader *table;
    const char *at, *end; /* `end`: of the text */
    const char *line_start;
    int line;
    bool last; /* `end` is the end of everything */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void start_cell(struct cut *cut)
{
    struct table_reader *table = cut->table;
    table->cells[table->count] =
        (struct cell){.at = cut->at, .line_start = cut->line_start, .line = cut->line};
}

static void end_cell(struct table_reader *table, const char *text, size_t size)
{
    table->cells[table->count].text = text;
    table->cells[table->count].size = size;
    table->count++;
}

/* A cell without quotes, up to `stop`, without the blanks around it. */
static void plain_cell(struct cut *cut, const char *stop)
{
    const char *from = cut->at, *to = stop;
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    start_cell(cut);
    cut->table->cells[cut->table->count].at = from;
    end_cell(cut->table, from, (size_t)(to - from));
    cut->at = stop;
}

/* Behind the closing quote, or NULL when there is none within the bound.  *ret_doubled: quotes were
 * doubled. */
static const char *closing_quote(const struct cut *cut, bool *ret_doubled)
{
    const char *stop =
        cut->end - cut->at > TABLE_QUOTED_BYTES_MAX ? cut->at + TABLE_QUOTED_BYTES_MAX : cut->end;
    *ret_doubled = false;
    for (const char *at = cut->at + 1; at < stop; at++) {
        if (*at != '"')
            continue;
        if (at + 1 < cut->end && at[1] == '"') {
            *ret_doubled = true;
            at++;
            continue;
        }
        return at + 1;
    }
    return NULL;
}

/* "" → ", kept beside the text.  That buffer may still move, so the cell holds an offset until the
 * record ends. */
static void undouble(struct table_reader *table, const char *text, size_t size)
{
    struct buf *unquoted = &table->unquoted;
    size_t begin = unquoted->size;
    for (size_t i = 0; i < size; i++) {
        buf_putc(unquoted, text[i]);
        i += text[i] == '"';
    }
    table->cells[table->count].kept = begin;
    end_cell(table, NULL, unquoted->size - begin);
}

static void settle_unquoted(struct table_reader *table)
{
    for (int i = 0; i < table->count; i++) {
        if (!table->cells[i].text)
            table->cells[i].text = table->unquoted.data + table->cells[i].kept;
    }
}

static void count_lines(struct cut *cut, const char *to)
{
    for (; cut->at < to; cut->at++) {
        if (*cut->at == '\n') {
            cut->line++;
            cut->line_start = cut->at + 1;
        }
    }
}

/* `at` stands on a quote. */
static enum table_answer quoted_cell(struct cut *cut)
{
    bool doubled;
    start_cell(cut);
    const char *close = closing_quote(cut, &doubled);
    if (!close)
        return cut->last || cut->end - cut->at >= TABLE_QUOTED_BYTES_MAX ? TABLE_QUOTE : TABLE_MORE;
    const char *after = close;
    while (after < cut->end && is_blank(*after))
        after++;
    if (after == cut->end && !cut->last)
        return TABLE_MORE; /* the next byte might be a second quote */
    if (after < cut->end && *after != ',' && *after != '\n' && *after != '\r')
        return TABLE_QUOTE;
    const char *text = cut->at + 1;
    size_t size = (size_t)(close - 1 - text);
    if (doubled)
        undouble(cut->table, text, size);
    else
        end_cell(cut->table, text, size);
    count_lines(cut, after);
    return TABLE_ROW;
}

/* The end of a plain cell: a comma or the end of the line. */
static const char *plain_end(const char *at, const char *end)
{
    while (at < end && *at != ',' && *at != '\n')
        at++;
    return at;
}

static enum table_answer next_cell(struct cut *cut)
{
    const char *from = cut->at;
    while (from < cut->end && is_blank(*from))
        from++;
    if (from < cut->end && *from == '"') {
        cut->at = from;
        return quoted_cell(cut);
    }
    const char *stop = plain_end(cut->at, cut->end);
    if (stop == cut->end && !cut->last)
        return TABLE_MORE;
    const char *to =
        stop > cut->at && (stop == cut->end || *stop == '\n') && stop[-1] == '\r' ? stop - 1 : stop;
    plain_cell(cut, to);
    cut->at = stop;
    return TABLE_ROW;
}

/* Cells up to the end of the record; `at` then stands behind its line end. */
static enum table_answer split(struct cut *cut)
{
    for (;;) {
        if (cut->table->count == TABLE_CELLS_MAX) {
            start_cell(cut);
            return TABLE_TOO_MANY;
        }
        enum table_answer answer = next_cell(cut);
        if (answer != TABLE_ROW)
            return answer;
        if (cut->at < cut->end && *cut->at == '\r')
            cut->at++;
        if (cut->at == cut->end)
            return cut->last ? TABLE_ROW : TABLE_MORE;
        if (*cut->at++ == '\n') {
            cut->line++;
            return TABLE_ROW;
        }
    }
}

/* Over the rest of the line at `text`; all of it when it does not end here. */
static size_t skip_line(struct table_reader *table, const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    table->skipping = !end;
    table->line += end != NULL;
    return end ? (size_t)(end - text) + 1 : size;
}

/* Spreadsheets end their tables with lines of commas. */
static bool is_blank_record(const struct table_reader *table)
{
    for (int i = 0; i < table->count; i++) {
        if (table->cells[i].size > 0)
            return false;
    }
    return true;
}

/* The record that begins at `text` cannot be read: over its first line. */
static enum table_answer skip_record(struct table_reader *table, enum table_answer answer,
                                     const char *text, size_t size, size_t *ret_used)
{
    if (answer == TABLE_TOO_LONG) {
        table->count = 0;
        table->cells[0] = (struct cell){.at = text, .line_start = text, .line = table->line};
    }
    *ret_used = skip_line(table, text, size);
    return answer;
}

enum table_answer table_next(struct table_reader *table, const char *text, size_t size, bool last,
                             size_t *ret_used)
{
    if (table->skipping) {
        *ret_used = skip_line(table, text, size);
        return TABLE_BLANK;
    }
    struct cut cut = {table, text, text + size, text, table->line, last};
    table->count = 0;
    buf_clear(&table->unquoted);
    enum table_answer answer = split(&cut);
    size_t used = answer == TABLE_MORE ? size : (size_t)(cut.at - text);
    if ((answer == TABLE_MORE || answer == TABLE_ROW) && used > FACT_LINE_BYTES_MAX)
        answer = TABLE_TOO_LONG;
    if (answer == TABLE_MORE)
        return answer;
    if (answer != TABLE_ROW)
        return skip_record(table, answer, text, size, ret_used);
    *ret_used = used;
    table->line = cut.line;
    settle_unquoted(table);
    return is_blank_record(table) ? TABLE_BLANK : TABLE_ROW;
}
