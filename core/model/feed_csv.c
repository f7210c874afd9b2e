/* Facts as a table: time,subject,series,value and, when wanted, flag, period, source.
 *
 * What spreadsheets do is taken as it comes (BOM, CRLF, quotes, columns in any order, blank lines);
 * what would change a meaning is refused with a hint (full-width digits, 2015/11/8, 1,234, NA,
 * columns that are missing).  A blank value is a value that was not reported: no fact.  `null` is
 * one that was reported as unknown.
 *
 * Cells are slices of the text; nothing is copied but names met for the first time. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "model/cloudevent.h"
#include "model/feed_parts.h"
#include "model/feed_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static const char *const column_names[COLUMNS] = {
    [COLUMN_TIME] = "time",     [COLUMN_SUBJECT] = "subject", [COLUMN_SERIES] = "series",
    [COLUMN_VALUE] = "value",   [COLUMN_FLAG] = "flag",       [COLUMN_PERIOD] = "period",
    [COLUMN_SOURCE] = "source",
};
enum { COLUMNS_NEEDED = COLUMN_VALUE + 1, NAME_BYTES_MAX = 200, SHORT_BYTES = 64 };

struct csv {
    struct feed *feed;
    const char *name;
    int file;
    span_ms offset;
    struct findings *findings;
    struct table_reader table;
    int place[COLUMNS]; /* of each column in a row, or -1 */
    int width;          /* cells of a row; 0: the header has not come yet */
    bool useless;       /* without a good header nothing more is read */
    /* The cells before, because neighbours mostly have the same time and period. */
    char time_text[SHORT_BYTES], period_text[SHORT_BYTES];
    instant_ms time;
    span_ms period;
};

struct csv *csv_new(struct feed *feed, const char *name, span_ms offset, struct findings *findings)
{
    struct csv *csv = xcalloc(1, sizeof *csv);
    csv->feed = feed;
    csv->name = name;
    csv->file = feed_file(feed, name);
    csv->offset = offset;
    csv->findings = findings;
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

/* Complaints ---------------------------------------------------------------------------------- */

#define refuse(csv, cell, code, hint, ...) \
    findings_add((csv)->findings, SEV_ERROR, code, place_of(csv, cell), hint, __VA_ARGS__)

static struct place place_of(const struct csv *csv, const struct cell *cell)
{
    return (struct place){csv->name, cell->line, table_col(cell)};
}

/* "%.*s" of a cell, short enough for a message and never ending inside a character. */
static int shown(const struct cell *cell)
{
    size_t size = cell->size < 40 ? cell->size : 40;
    while (size > 0 && size < cell->size && ((unsigned char)cell->text[size] & 0xc0) == 0x80)
        size--;
    return (int)size;
}

/* Copies a cell as a string; false when it cannot be one of `size` bytes. */
static bool copy_cell(const struct cell *cell, char *ret, size_t size)
{
    if (cell->size >= size || memchr(cell->text, 0, cell->size))
        return false;
    memcpy(ret, cell->text, cell->size);
    ret[cell->size] = 0;
    return true;
}

static const char *halfwidth_hint(const char *text)
{
    return str_has_fullwidth(text)
               ? tr("type digits and punctuation half-width", "请用半角数字和标点")
               : NULL;
}

/* Header -------------------------------------------------------------------------------------- */

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
    if (copy_cell(cell, name, sizeof name) && *name)
        near = str_nearest(name, column_names, COLUMNS);
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near) : NULL;
    findings_add(csv->findings, near ? SEV_ERROR : SEV_WARNING, "N003", place_of(csv, cell),
                 hint ? hint : header_hint(cell),
                 tr("there is no column `%.*s`; it is not read", "没有 `%.*s` 这一列，已忽略"),
                 shown(cell), cell->text);
    free(hint);
}

static int column_of(const struct cell *cell)
{
    for (int column = 0; column < COLUMNS; column++) {
        const char *name = column_names[column];
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
        refuse(csv, cell, "N003", NULL, tr("the column `%s` is there twice", "`%s` 列重复"),
               column_names[column]);
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
    refuse(csv, &table->cells[0], "N003", header_hint(&table->cells[0]),
           tr("the first line must name the columns: time,subject,series,value",
              "首行应为列名：time,subject,series,value"));
    return false;
}

static void read_header(struct csv *csv)
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
            refuse(csv, &table->cells[0], "N003", header_hint(&table->cells[0]),
                   tr("the column `%s` is missing", "缺少 `%s` 列"), column_names[column]);
    }
    csv->width = table->count;
    csv->useless = csv->findings->errors != errors;
}

/* Cells --------------------------------------------------------------------------------------- */

static const struct cell *cell_of(const struct csv *csv, enum column column)
{
    static const struct cell blank = {.text = ""};
    return csv->place[column] < 0 ? &blank : &csv->table.cells[csv->place[column]];
}

static const char *time_hint(const char *text)
{
    const char *hint = halfwidth_hint(text);
    if (!hint && strchr(text, '/'))
        hint = tr("write 2015-11-08 14:00, not 2015/11/8 14:00",
                  "请写 2015-11-08 14:00，不要写 2015/11/8 14:00");
    return hint ? hint
                : tr("e.g. 2015-11-08 14:00 or 2015-11-08T14:00:00+08:00",
                     "例如 2015-11-08 14:00 或 2015-11-08T14:00:00+08:00");
}

static bool read_time(struct csv *csv)
{
    const struct cell *cell = cell_of(csv, COLUMN_TIME);
    char text[SHORT_BYTES] = "";
    if (cell->size > 0 && strlen(csv->time_text) == cell->size &&
        memcmp(csv->time_text, cell->text, cell->size) == 0)
        return true;
    bool copied = copy_cell(cell, text, sizeof text);
    int err = copied ? instant_parse(text, csv->feed->zone, &csv->time) : ERR_SYNTAX;
    if (err == 0) {
        memcpy(csv->time_text, text, sizeof text);
        return true;
    }
    csv->time_text[0] = 0;
    refuse(csv, cell, "N006", time_hint(text),
           err == ERR_INVALID ? tr("no such day or hour: %.*s", "不存在的日期或时刻：%.*s")
                              : tr("this is no time: %.*s", "不是有效的时间：%.*s"),
           shown(cell), cell->text);
    return false;
}

static bool read_period(struct csv *csv)
{
    const struct cell *cell = cell_of(csv, COLUMN_PERIOD);
    char text[SHORT_BYTES] = "";
    if (cell->size == 0) {
        csv->period = 0;
        csv->period_text[0] = 0;
        return true;
    }
    if (strlen(csv->period_text) == cell->size &&
        memcmp(csv->period_text, cell->text, cell->size) == 0)
        return true;
    if (copy_cell(cell, text, sizeof text) && span_parse(text, &csv->period) == 0 &&
        csv->period > 0) {
        memcpy(csv->period_text, text, sizeof text);
        return true;
    }
    csv->period_text[0] = 0;
    refuse(csv, cell, "N010",
           tr("e.g. PT1H or 1h; blank: the series' own step",
              "例如 PT1H 或 1h；留空则按序列本身的步长"),
           tr("a period is a span of time above zero, not %.*s",
              "period 应为大于零的时长，不能是 %.*s"),
           shown(cell), cell->text);
    return false;
}

/* A name: what an event's text may be.  A series has no slash, so that ids stay unambiguous. */
static bool name_is_good(const struct cell *cell, enum column column)
{
    if (cell->size == 0 || cell->size > NAME_BYTES_MAX)
        return false;
    if (column == COLUMN_SOURCE)
        return cloudevent_source_is_good(cell->text, cell->size);
    return cloudevent_text_is_good(cell->text, cell->size) &&
           (column != COLUMN_SERIES || !memchr(cell->text, '/', cell->size));
}

static bool read_name(struct csv *csv, enum column column)
{
    const struct cell *cell = cell_of(csv, column);
    if (name_is_good(cell, column))
        return true;
    const char *hint = NULL;
    if (column == COLUMN_SERIES)
        hint = tr("a name from series.yaml, e.g. pm25", "series.yaml 中的名称，例如 pm25");
    else if (column == COLUMN_SOURCE)
        hint = tr("no blanks and none of <>\"\\^`{|}", "不含空格及 <>\"\\^`{|}");
    refuse(csv, cell, "N009", hint,
           cell->size == 0 ? tr("`%s` is blank", "`%s` 为空")
                           : tr("`%s` is too long or has characters that are not allowed",
                                "`%s` 过长或含有不允许的字符"),
           column_names[column]);
    return false;
}

static const char *value_hint(const char *text)
{
    const char *hint = halfwidth_hint(text);
    if (hint)
        return hint;
    if (strchr(text, ','))
        return tr("write no thousands separator", "不要写千位分隔符");
    if ((*text >= '0' && *text <= '9') || *text == '-')
        return tr("write the number alone, without a unit", "只写数字，不带单位");
    return tr("not reported: leave it blank; reported as unknown: null",
              "未上报请留空；上报为未知请写 null");
}

/* Plain digits with at most six places, which nearly all values are; false leaves it to
 * micro_parse. */
static bool plain_value(const struct cell *cell, micro *ret)
{
    micro value = 0;
    int places = -1;
    if (cell->size == 0 || cell->size > 15 || cell->text[cell->size - 1] == '.')
        return false;
    for (size_t i = 0; i < cell->size; i++) {
        char c = cell->text[i];
        if (c == '.' && places < 0 && i > 0) {
            places = 0;
            continue;
        }
        if (c < '0' || c > '9' || places == 6)
            return false;
        value = value * 10 + (c - '0');
        places += places >= 0;
    }
    for (int i = places < 0 ? 0 : places; i < 6; i++) {
        if (value > MICRO_MAX)
            return false;
        value *= 10;
    }
    *ret = value;
    return value <= MICRO_MAX;
}

static bool read_value(struct csv *csv, micro *ret)
{
    const struct cell *cell = cell_of(csv, COLUMN_VALUE);
    char text[SHORT_BYTES] = "";
    if (plain_value(cell, ret))
        return true;
    int err = copy_cell(cell, text, sizeof text) ? 0 : ERR_SYNTAX;
    if (err == 0 && strcmp(text, "null") == 0) {
        *ret = MICRO_NONE;
        return true;
    }
    if (err == 0)
        err = micro_parse(text, ret);
    if (err == 0)
        return true;
    if (err == ERR_LIMIT)
        refuse(csv, cell, "N007", NULL,
               tr("%.*s is beyond ±1,000,000,000", "%.*s 超出 ±1,000,000,000"), shown(cell),
               cell->text);
    else
        refuse(csv, cell, "N007", value_hint(text), tr("this is no number: %.*s", "不是数字：%.*s"),
               shown(cell), cell->text);
    return false;
}

static bool read_flag(struct csv *csv, char *ret)
{
    const struct cell *cell = cell_of(csv, COLUMN_FLAG);
    *ret = cell->size > 0 ? cell->text[0] : 0;
    if (cell->size == 0 || (cell->size == 1 && *ret > ' ' && *ret < 0x7f))
        return true;
    refuse(csv, cell, "N008", tr("one letter such as N, or blank", "单个字母，例如 N；也可留空"),
           tr("this is no flag: %.*s", "不是有效的数据标识：%.*s"), shown(cell), cell->text);
    return false;
}

/* Rows ---------------------------------------------------------------------------------------- */

static bool read_width(struct csv *csv)
{
    const struct table_reader *table = &csv->table;
    if (table->count == csv->width)
        return true;
    const struct cell *at =
        &table->cells[(table->count < csv->width ? table->count : csv->width + 1) - 1];
    refuse(
        csv, at, "N004",
        table->count > csv->width
            ? tr("a comma inside a cell needs quotes around the cell", "单元格内有逗号时须加双引号")
            : tr("a blank cell still needs its comma", "空单元格也要保留逗号"),
        tr("%d cells, but the header names %d columns", "有 %d 个单元格，而表头有 %d 列"),
        table->count, csv->width);
    return false;
}

static void push_row(struct csv *csv, micro value, char flag)
{
    const struct cell *subject = cell_of(csv, COLUMN_SUBJECT);
    const struct cell *series = cell_of(csv, COLUMN_SERIES);
    const struct cell *source = cell_of(csv, COLUMN_SOURCE);
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
    feed_push_row(csv->feed, feed_stream_of(csv->feed, &key), csv->time + csv->offset, value,
                  csv->table.cells[0].line);
}

static void read_row(struct csv *csv)
{
    micro value = 0;
    char flag;
    if (!read_width(csv))
        return;
    /* All cells are looked at, so that a row with two mistakes is told of both. */
    bool good = read_time(csv);
    good &= read_name(csv, COLUMN_SUBJECT);
    good &= read_name(csv, COLUMN_SERIES);
    good &= cell_of(csv, COLUMN_SOURCE)->size == 0 || read_name(csv, COLUMN_SOURCE);
    good &= read_period(csv);
    good &= read_flag(csv, &flag);
    bool blank = cell_of(csv, COLUMN_VALUE)->size == 0;
    good &= blank || read_value(csv, &value);
    if (good && !blank)
        push_row(csv, value, flag);
}

static void refuse_record(struct csv *csv, enum table_answer answer)
{
    const struct cell *at = &csv->table.cells[csv->table.count];
    if (answer == TABLE_QUOTE)
        refuse(csv, at, "N005",
               tr("close the quote, or double a quote that belongs to the text",
                  "请闭合引号；文字中的引号应写成两个"),
               tr("a quoted cell does not end as it should", "带引号的单元格没有正确结束"));
    else if (answer == TABLE_TOO_MANY)
        refuse(csv, at, "N004", NULL, tr("more than %d cells", "超过 %d 个单元格"),
               TABLE_CELLS_MAX);
    else
        refuse(csv, at, "N011", NULL, tr("the line is longer than %d bytes", "该行超过 %d 字节"),
               FACT_LINE_BYTES_MAX);
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
        used += step;
        if (answer == TABLE_BLANK)
            continue;
        if (answer != TABLE_ROW)
            refuse_record(csv, answer);
        else if (csv->width == 0)
            read_header(csv);
        else
            read_row(csv);
    }
    return csv->useless ? size : used;
}
