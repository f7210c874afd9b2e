/* Tables of text.  Cells are kept until the table is printed, because only then every width is
 * known. */
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/output.h"
#include <stdarg.h>
#include <stdlib.h>

struct cell {
    char *text;
    enum ink ink;
};
struct table {
    const struct table_column *columns;
    int column_count;
    struct cell *cells;
    size_t count, capacity;
};

struct table *table_new(const struct table_column *columns, int count)
{
    struct table *table = xcalloc(1, sizeof *table);
    table->columns = columns;
    table->column_count = count;
    return table;
}

void table_cell(struct table *table, enum ink ink, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("");
    va_end(args);
    void *cells = table->cells;
    xgrow(&cells, table->count, &table->capacity, sizeof *table->cells);
    table->cells = cells;
    table->cells[table->count++] = (struct cell){text, ink};
}

int table_rows(const struct table *table)
{
    return (int)(table->count / (size_t)table->column_count);
}

static bool has_head(const struct table *table)
{
    return table->columns[0].head.english != NULL;
}

static void find_widths(const struct table *table, int *widths)
{
    for (int c = 0; c < table->column_count; c++)
        widths[c] = has_head(table) ? str_columns(text_of(table->columns[c].head)) : 0;
    for (size_t i = 0; i < table->count; i++) {
        int width = str_columns(table->cells[i].text);
        int *widest = &widths[i % (size_t)table->column_count];
        *widest = width > *widest ? width : *widest;
    }
}

/* The last column is not filled up: no line ends in spaces. */
static void print_cell(FILE *stream, const struct table *table, int column, int width,
                       const char *text, enum ink colour)
{
    bool right = table->columns[column].right;
    bool last = column == table->column_count - 1;
    int spare = width - str_columns(text);
    fprintf(stream, "%*s%s%s%s", right ? spare : 0, "", ink(stream, colour), text,
            colour == INK_NONE ? "" : ink_end(stream));
    if (!last)
        fprintf(stream, "%*s", (right ? 0 : spare) + 2, "");
}

void table_print(FILE *stream, const struct table *table, int indent)
{
    int *widths = xcalloc((size_t)table->column_count, sizeof *widths);
    find_widths(table, widths);
    if (has_head(table)) {
        fprintf(stream, "%*s", indent, "");
        for (int c = 0; c < table->column_count; c++)
            print_cell(stream, table, c, widths[c], text_of(table->columns[c].head), INK_DIM);
        fputc('\n', stream);
    }
    for (size_t i = 0; i < table->count; i++) {
        int c = (int)(i % (size_t)table->column_count);
        if (c == 0)
            fprintf(stream, "%*s", indent, "");
        print_cell(stream, table, c, widths[c], table->cells[i].text, table->cells[i].ink);
        if (c == table->column_count - 1)
            fputc('\n', stream);
    }
    free(widths);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}
