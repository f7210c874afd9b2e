/* The first line of a table, and what the lines are made of.
 *
 * A file whose lines or columns are parted by something else is told of once: every row of it would
 * be wrong in the same way. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/feed_csv.h"
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_NEEDED = COLUMN_VALUE + 1 };

const char *const csv_columns[COLUMNS] = {
    [COLUMN_TIME] = "time",     [COLUMN_SUBJECT] = "subject", [COLUMN_SERIES] = "series",
    [COLUMN_VALUE] = "value",   [COLUMN_FLAG] = "flag",       [COLUMN_PERIOD] = "period",
    [COLUMN_SOURCE] = "source",
};
static const char *header_hint(const struct cell *cell)
{
    if (memchr(cell->text, '\t', cell->size) || memchr(cell->text, ';', cell->size))
        return tr("separate the columns with commas", "各列请用逗号分隔");
    if (memmem(cell->text, cell->size, "，", 3))
        return tr("separate the columns with half-width commas", "各列请用半角逗号分隔");
    return tr("columns: time, subject, series, value; also flag, period, source when wanted",
              "列名：time、subject、series、value，可另加 flag、period、source");
}

/* A column nobody reads: an error when it looks like a slip, for then something would be lost. */
static void strange_column(struct csv *csv, const struct cell *cell)
{
    char name[SHORT_BYTES];
    const char *near = NULL;
    if (csv_copy(cell, name, sizeof name) && *name)
        near = str_nearest(name, csv_columns, COLUMNS);
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near) : NULL;
    findings_add(csv->findings, near ? SEV_ERROR : SEV_WARNING, "N003", csv_place(csv, cell),
                 hint ? hint : header_hint(cell),
                 tr("there is no column `%.*s`; it is not read", "没有 `%.*s` 这一列，已忽略"),
                 csv_shown(cell), cell->text);
    free(hint);
}

static int column_of(const struct cell *cell)
{
    for (int column = 0; column < COLUMNS; column++) {
        const char *name = csv_columns[column];
        if (cell->size == strlen(name) && memcmp(cell->text, name, cell->size) == 0)
            return column;
    }
    return -1;
}

static void read_column(struct csv *csv, const struct cell *cell, int at)
{
    int column = column_of(cell);
    if (column < 0) {
        strange_column(csv, cell);
        return;
    }
    if (csv->place[column] >= 0)
        csv_refuse(csv, cell, "N003", NULL, tr("the column `%s` is there twice", "`%s` 列重复"),
                   csv_columns[column]);
    csv->place[column] = at;
}

/* A first line that names no column at all is told of once, not cell by cell. */
static bool is_header(struct csv *csv)
{
    const struct table_reader *table = &csv->table;
    for (int i = 0; i < table->count; i++) {
        if (column_of(&table->cells[i]) >= 0)
            return true;
    }
    csv_refuse(csv, &table->cells[0], "N003", header_hint(&table->cells[0]),
               tr("the first line must name the columns: time,subject,series,value",
                  "首行应为列名：time,subject,series,value"));
    return false;
}

void csv_header(struct csv *csv)
{
    const struct table_reader *table = &csv->table;
    size_t errors = csv->findings->errors;
    for (int column = 0; column < COLUMNS; column++)
        csv->place[column] = -1;
    bool header = is_header(csv);
    for (int i = 0; header && i < table->count; i++)
        read_column(csv, &table->cells[i], i);
    for (int column = 0; header && column < COLUMNS_NEEDED; column++) {
        if (csv->place[column] < 0)
            csv_refuse(csv, &table->cells[0], "N003", header_hint(&table->cells[0]),
                       tr("the column `%s` is missing", "缺少 `%s` 列"), csv_columns[column]);
    }
    csv->width = table->count;
    csv->useless = csv->findings->errors != errors;
}

/* A CR within a cell of the record just split: the end of the line is no part of its last cell. */
static bool cr_in_cells(const struct table_reader *table)
{
    for (int i = 0; i < table->count; i++) {
        if (memchr(table->cells[i].text, '\r', table->cells[i].size))
            return true;
    }
    return false;
}

bool csv_line_ends(struct csv *csv, enum table_answer answer, const char *record, size_t size)
{
    enum { HEADER_BYTES_MAX = 1024 };
    bool alone = answer == TABLE_ROW && cr_in_cells(&csv->table);
    if (answer == TABLE_TOO_LONG)
        alone = memchr(record, '\r', size < HEADER_BYTES_MAX ? size : HEADER_BYTES_MAX) != NULL;
    if (!alone)
        return true;
    findings_add(
        csv->findings, SEV_ERROR, "N017", csv_place(csv, &csv->table.cells[0]),
        tr("save the file with LF or CRLF line ends (CSV UTF-8)",
           "请另存为换行符为 LF 或 CRLF 的 CSV UTF-8"),
        tr("the lines end with CR alone, as on an old Mac", "各行只以 CR 结尾（旧式 Mac 换行符）"));
    return false;
}

/* The separators other than commas in a record. */
static int count_separators(const struct table_reader *table, char separator)
{
    int count = 0;
    for (int i = 0; i < table->count; i++) {
        const struct cell *cell = &table->cells[i];
        for (size_t k = 0; k < cell->size; k++)
            count += cell->text[k] == separator;
    }
    return count;
}

bool csv_separators(struct csv *csv)
{
    const struct table_reader *table = &csv->table;
    if (table->count >= csv->width)
        return true;
    bool semicolons = count_separators(table, ';') >= csv->width - 1;
    if (!semicolons && count_separators(table, '\t') < csv->width - 1)
        return true;
    csv_refuse(csv, &table->cells[0], "N004",
               tr("separate the columns with commas", "各列请用逗号分隔"),
               semicolons ? tr("the header has commas, but from this line on there are semicolons",
                               "表头以逗号分隔，自此行起却以分号分隔")
                          : tr("the header has commas, but from this line on there are tabs",
                               "表头以逗号分隔，自此行起却以制表符分隔"));
    return false;
}
