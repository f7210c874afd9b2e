/* Facts as a table: time,subject,series,value and, when wanted, flag, period, source.
 *
 * What spreadsheets do is taken as it comes (BOM, CRLF, quotes, columns in any order, blank lines);
 * what would change a meaning is refused with a hint (full-width digits, 2015/11/8, 1,234, NA,
 * columns that are missing).  A blank value is a value that was not reported: no fact.  `null` is
 * one that was reported as unknown.
 *
 * Cells are slices of the text; nothing is copied but names met for the first time. */
#include "model/feed_csv.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include <stdlib.h>

struct csv *csv_new(struct feed *feed, const char *name, span_ms offset, struct findings *findings)
{
    struct csv *csv = xcalloc(1, sizeof *csv);
    csv->feed = feed;
    csv->name = name;
    csv->file = feed_file(feed, name);
    csv->offset = offset;
    csv->findings = findings;
    csv->errors_before = findings->errors;
    csv->table.line = 1;
    return csv;
}

void csv_free(struct csv *csv)
{
    if (!csv)
        return;
    table_release(&csv->table);
    free(csv);
}

/* Rows ---------------------------------------------------------------------------------------- */

static bool read_width(struct csv *csv)
{
    const struct table_reader *table = &csv->table;
    if (table->count == csv->width)
        return true;
    if (!csv_separators(csv)) {
        csv->useless = true;
        return false;
    }
    const struct cell *at =
        &table->cells[(table->count < csv->width ? table->count : csv->width + 1) - 1];
    csv_refuse(
        csv, at, "N004",
        table->count > csv->width
            ? tr("a comma inside a cell needs quotes around the cell", "单元格内有逗号时须加双引号")
            : tr("a blank cell still needs its comma", "空单元格也要保留逗号"),
        tr("%d cells, but the header names %d columns", "有 %d 个单元格，而表头有 %d 列"),
        table->count, csv->width);
    return false;
}

/* Where a stream's faults are met first; what they are is said when all files have been read. */
static void note_faults(struct csv *csv, struct feed_stream *stream, instant_ms time, micro value)
{
    static const enum column columns[FAULTS] = {
        [FAULT_SUBJECT] = COLUMN_SUBJECT, [FAULT_SERIES] = COLUMN_SERIES,
        [FAULT_BOUNDS] = COLUMN_VALUE,    [FAULT_FLAG] = COLUMN_FLAG,
        [FAULT_START] = COLUMN_TIME,      [FAULT_PERIOD] = COLUMN_PERIOD,
    };
    unsigned faults = feed_row_faults(csv->feed, stream, time, value) & ~stream->noted;
    if (stream->time_col == 0)
        stream->time_col = table_col(csv_cell(csv, COLUMN_TIME));
    for (int fault = 0; faults && fault < FAULTS; fault++) {
        const struct cell *cell = csv_cell(csv, columns[fault]);
        if (faults >> fault & 1)
            stream->spots[fault] = (struct feed_spot){cell->line, table_col(cell)};
    }
    stream->noted |= faults;
}

static void push_row(struct csv *csv, micro value, char flag)
{
    const struct cell *subject = csv_cell(csv, COLUMN_SUBJECT);
    const struct cell *series = csv_cell(csv, COLUMN_SERIES);
    const struct cell *source = csv_cell(csv, COLUMN_SOURCE);
    struct feed_stream_key key = {
        .source = source->size ? source->text : "csv",
        .source_size = source->size ? source->size : 3,
        .subject = subject->text,
        .subject_size = subject->size,
        .series = series->text,
        .series_size = series->size,
        .period = csv->period,
        .flag = flag,
        .file = csv->file,
    };
    uint32_t stream = feed_stream_of(csv->feed, &key);
    instant_ms time = csv->time + csv->offset;
    note_faults(csv, &csv->feed->streams[stream], time, value);
    feed_push_row(csv->feed, stream, time, value, csv->table.cells[0].line);
    csv->kept++;
}

static void read_row(struct csv *csv)
{
    micro value = 0;
    char flag;
    csv->rows++;
    if (!read_width(csv))
        return;
    /* All cells are looked at, so that a row with two mistakes is told of both. */
    bool good = csv_time(csv);
    good &= csv_name(csv, COLUMN_SUBJECT);
    good &= csv_name(csv, COLUMN_SERIES);
    good &= csv_cell(csv, COLUMN_SOURCE)->size == 0 || csv_name(csv, COLUMN_SOURCE);
    good &= csv_period(csv);
    good &= csv_flag(csv, &flag);
    bool blank = csv_cell(csv, COLUMN_VALUE)->size == 0;
    good &= blank || csv_value(csv, &value);
    if (good && !blank)
        push_row(csv, value, flag);
}

static void refuse_record(struct csv *csv, enum table_answer answer)
{
    const struct cell *at = &csv->table.cells[csv->table.count];
    if (answer == TABLE_QUOTE)
        csv_refuse(csv, at, "N005",
                   tr("close the quote, or double a quote that belongs to the text",
                      "请闭合引号；文字中的引号应写成两个"),
                   tr("a quoted cell does not end as it should", "带引号的单元格没有正确结束"));
    else if (answer == TABLE_TOO_MANY)
        csv_refuse(csv, at, "N004", NULL, tr("more than %d cells", "超过 %d 个单元格"),
                   TABLE_CELLS_MAX);
    else
        csv_refuse(csv, at, "N011", NULL,
                   tr("the line is longer than %d bytes", "该行超过 %d 字节"), FACT_LINE_BYTES_MAX);
}

/* Nothing came of the table, and nothing said why. */
static void tell_empty(const struct csv *csv)
{
    bool header = csv->width > 0;
    if (csv->useless || csv->kept > 0 || csv->findings->errors > csv->errors_before ||
        csv->rows == 1)
        return;
    findings_add(csv->findings, SEV_WARNING, "N014", (struct place){.file = csv->name}, NULL, "%s",
                 !header          ? tr("there is nothing in it", "内容为空")
                 : csv->rows == 0 ? tr("there is only the header", "只有表头，没有数据")
                                  : tr("every value is blank", "所有 value 均为空"));
}

size_t csv_read(void *self, const char *text, size_t size, bool last)
{
    struct csv *csv = self;
    size_t used = 0;
    while (used < size && !csv->useless) {
        size_t step = 0;
        enum table_answer answer = table_next(&csv->table, text + used, size - used, last, &step);
        if (answer == TABLE_MORE)
            return used;
        const char *record = text + used;
        used += step;
        if (answer == TABLE_BLANK)
            continue;
        if (csv->width == 0 && !csv_line_ends(csv, answer, record, step))
            csv->useless = true;
        else if (answer != TABLE_ROW)
            refuse_record(csv, answer);
        else if (csv->width == 0)
            csv_header(csv);
        else
            read_row(csv);
    }
    if (last)
        tell_empty(csv);
    return csv->useless ? size : used;
}
